import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { Command } from 'commander'
import { exitCodes } from '#cli/exit.ts'

type Options = {
  readonly file: string
  readonly tenant?: string
  readonly reason?: string
  readonly requestId?: string
  readonly prune?: boolean
  readonly dryRun?: boolean
  readonly exitCode?: boolean
  readonly json?: boolean
}

/** vouchsafe catalog apply, diff and export. */
export function addCatalog(program: Command): void {
  const catalog = program.command('catalog').description('keep a tenant’s whole catalogue in one file')
  withFile(catalog.command('apply'))
    .description('make the catalogue what the file says, all of it or nothing, and show what changed')
    .option('--dry-run', 'change nothing: show what would change, and who would gain and lose access')
    .option('--reason <text>', 'why: kept in the audit')
    .option('--request-id <uuid>', 'a repeat gets the first answer')
    .action((options: Options) => apply(options))
  withFile(catalog.command('diff'))
    .description('show what apply would change, and who would gain and lose access')
    .option('--exit-code', 'exit with 1 where there are differences')
    .action((options: Options) => apply({ ...options, dryRun: true }))
  catalog
    .command('export')
    .description('write the catalogue as YAML: applied as it is, it changes nothing')
    .option('-f, --file <file>', 'where to; "-" is standard output', '-')
    .option('--tenant <key>', 'the tenant, for platform callers')
    .option('--json', 'print it as JSON')
    .action(write)
}

function withFile(command: Command): Command {
  return command
    .requiredOption('-f, --file <file>', 'the catalogue, YAML or JSON; "-" is standard input')
    .option('--tenant <key>', 'the tenant, for platform callers')
    .option('--prune', 'archive, retire and delete what the file does not name (modules stay)')
    .option('--json', 'print the answer as JSON')
}

async function apply(options: Options): Promise<void> {
  const { applyFile } = await import('./apply-file.ts')
  const text = readFileSync(options.file === '-' ? '/dev/stdin' : options.file, 'utf8')
  const changes = await applyFile(options.file, text, options)
  if (options.exitCode && changes > 0) process.exitCode = exitCodes.denied
}

async function write({ file, json, tenant = '' }: Options): Promise<void> {
  const { exportText } = await import('./export-text.ts')
  const schema = join(import.meta.dirname, '../../../docs/reference/catalog.schema.json')
  const from = file === '-' ? process.cwd() : dirname(resolve(file))
  const text = await exportText(tenant, json === true ? undefined : relative(from, schema))
  if (file === '-') process.stdout.write(text)
  else writeFileSync(file, text)
}
