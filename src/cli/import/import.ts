import type { Command } from 'commander'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import type { Format } from './records.ts'

export type ImportCommandOptions = {
  readonly tenant: string
  readonly format?: string
  readonly source: string
  readonly ref?: string
  readonly reason: string
  readonly rejected?: string
  readonly lanes: string
  readonly json?: boolean
}

/** vouchsafe import FILE. */
export function addImport(program: Command): void {
  program
    .command('import <file>')
    .description(
      'bring in the rights of people and organizations from NDJSON or CSV; cut off or run again, it goes on',
    )
    .requiredOption('--tenant <key>', 'the tenant')
    .option('--format <ndjson|csv>', 'what the file is; default: as it is named')
    .option('--source <source>', 'of rights that say none', 'backfill')
    .option('--ref <reference>', 'source_ref of rights that say none; default: the file’s name')
    .option('--reason <text>', 'why: kept in the audit', 'import')
    .option('--rejected <file>', 'where rejected lines go, with their reasons; default: FILE.rejected.ndjson')
    .option(
      '--lanes <n>',
      'how many transactions at once, 1 to 4: faster where the database has cores to spare',
      '1',
    )
    .option('--json', 'print the result as JSON')
    .action(async (file: string, options: ImportCommandOptions) => {
      const { importFile } = await import('./import-file.ts')
      await importFile(file, formatOf(file, options.format), options)
    })
}

function formatOf(file: string, said: string | undefined): Format {
  const format = said ?? (/\.csv$/i.test(file) ? 'csv' : /\.(nd)?jsonl?$/i.test(file) ? 'ndjson' : undefined)
  if (format === 'csv' || format === 'ndjson') return format
  throw new CommandFailed('Say what the file is: --format ndjson or --format csv.', exitCodes.usage)
}
