import type { Command } from 'commander'
import { CommandFailed, exitCodes } from '#cli/exit.ts'

export type CompareOptions = {
  readonly tenant?: string
  readonly format?: string
  readonly atLeast?: string
  readonly most: string
  readonly json?: boolean
}

/** vouchsafe compare FILE. */
export function addCompare(program: Command): void {
  program
    .command('compare <file>')
    .description('ask what another system answered before, and show where the answers differ')
    .option('--tenant <key>', 'the tenant, for platform callers')
    .option('--format <ndjson|csv>', 'what the file is; default: as it is named')
    .option('--at-least <revision>', 'wait for this revision, as a write printed it')
    .option('--most <n>', 'how many differences to show', '100')
    .option('--json', 'print each difference as a line of JSON, and the counts last')
    .addHelpText(
      'after',
      '\nA line names a person (iss and sub, or subject), an entitlement (with product: its surface), and allowed: the answer then.\nExit codes: 0 no difference, 1 differences, 65 lines that could not be asked.',
    )
    .action(async (file: string, options: CompareOptions) => {
      const { compareFile } = await import('./compare-file.ts')
      await compareFile(file, formatOf(file, options.format), options)
    })
}

function formatOf(file: string, said: string | undefined): 'ndjson' | 'csv' {
  const format = said ?? (/\.csv$/i.test(file) ? 'csv' : 'ndjson')
  if (format === 'csv' || format === 'ndjson') return format
  throw new CommandFailed('--format is ndjson or csv.', exitCodes.usage)
}
