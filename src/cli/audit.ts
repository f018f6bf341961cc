import { create } from '@bufbuild/protobuf'
import type { Command } from 'commander'
import { exportAudit } from '#cli/audit-export.ts'
import { addPrune } from '#cli/audit-prune.ts'
import { addAuditReading } from '#cli/audit-read.ts'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { keptHeads } from '#cli/kept-heads.ts'
import { faint, green, red } from '#cli/print.ts'
import { loadConfig } from '#config'
import { ExportAuditRequestSchema } from '#gen/vouchsafe/admin/v1/audit_service_pb.ts'
import { reachDatabase } from '#main/reach-database.ts'
import { type TenantVerdict, verifyAudit } from '#main/verify-audit.ts'
import { readHeads } from '#postgres/heads.ts'
import { readFeed } from '#postgres/read-feed.ts'

type VerifyOptions = {
  readonly tenant?: string
  readonly heads?: readonly string[]
  readonly rows?: boolean
  readonly json?: boolean
}
type ExportOptions = {
  readonly tenant: string
  readonly format: string
  readonly after: string
  readonly out?: string
}

const say = (text: string) => void process.stderr.write(`${text}\n`)

/** vouchsafe audit verify, head, export and prune. */
export function addAudit(program: Command): void {
  const audit = program.command('audit').description('prove, keep and export the history of changes')
  audit
    .command('verify')
    .description('walk the chain of changes and name the first that was edited, removed, moved or added')
    .option('--tenant <key or id>', 'only this tenant; default all')
    .option(
      '--heads <files...>',
      'heads that were kept elsewhere; default: those the server keeps beside its data',
    )
    .option(
      '--rows',
      'compare the tables with what history left in them, too: finds a row that was written past it',
    )
    .option('--json', 'print one line of JSON for each tenant')
    .action(verify)
  audit
    .command('head')
    .description('print where history stands, to keep away from the database: a cut tail shows against it')
    .option('--tenant <id>', 'only this tenant')
    .action(head)
  audit
    .command('export')
    .description('write all changes of a tenant, one line for each row written')
    .option('--tenant <key>', 'the tenant', 'acme')
    .option('--format <format>', 'ndjson or csv', 'ndjson')
    .option('--after <revision>', 'continue after this revision', '0')
    .option('--out <file>', 'append to this file instead of standard output')
    .action(write)
  addPrune(audit)
  addAuditReading(audit)
  for (const command of audit.commands) command.exitOverride()
}

async function verify(options: VerifyOptions): Promise<void> {
  const config = loadConfig()
  const heads = keptHeads(config, options.heads)
  const database = await reachDatabase(config, say)
  let [tenants, broken] = [0, 0]
  try {
    const progress = progressLine(options.json === true)
    const tenant = options.tenant && { tenant: options.tenant }
    for await (const verdict of verifyAudit(database.sql, {
      heads,
      progress,
      rows: options.rows === true,
      ...tenant,
    })) {
      tenants++
      if (verdict.broken) broken++
      process.stdout.write(`${options.json ? JSON.stringify(verdict) : shown(verdict)}\n`)
    }
  } finally {
    await database.close()
  }
  if (tenants === 0) throw new CommandFailed('There is no such tenant.', exitCodes.data)
  if (broken > 0)
    throw new CommandFailed(`History does not hold for ${broken} of ${tenants} tenants.`, exitCodes.denied)
  if (!options.json) say(`History holds for all ${tenants} tenants; ${heads.length} kept heads compared.`)
}

function shown({ key, changes, effects, erased, pruned, broken }: TenantVerdict): string {
  const gone = pruned === undefined ? '' : `, pruned up to change ${pruned}`
  const counts = faint(
    `${changes} changes, ${effects} effects${erased > 0 ? `, ${erased} erased` : ''}${gone}`,
  )
  if (!broken) return `${green('holds')}   ${key}  ${counts}`
  const { revision, fault, table, key: row, ordinal, detail } = broken
  const place = ordinal === undefined ? '' : ` (effect ${ordinal})`
  const where = table === undefined ? '' : `\n          ${table} ${row}${place}`
  return `${red('broken')}  ${key}  change ${revision} (${fault}): ${detail}${where}`
}

/** On a terminal, one line that is written over. */
function progressLine(quiet: boolean) {
  let last = 0
  return (tenant: string, revision: number, head: number) => {
    if (quiet || !process.stderr.isTTY || performance.now() - last < 200) return
    last = performance.now()
    process.stderr.write(`\r${tenant}: ${revision} of ${head} changes\u001b[K\r`)
  }
}

async function head(options: { readonly tenant?: string }): Promise<void> {
  const database = await reachDatabase(loadConfig(), say)
  try {
    const heads = await readFeed(database.sql, (tx) => readHeads(tx, Date.now(), options.tenant))
    for (const each of heads) process.stdout.write(`${JSON.stringify(each)}\n`)
  } finally {
    await database.close()
  }
}

async function write({ tenant, format, after, out }: ExportOptions): Promise<void> {
  if (format !== 'ndjson' && format !== 'csv')
    throw new CommandFailed('--format is ndjson or csv.', exitCodes.usage)
  if (!/^\d{1,15}$/.test(after)) throw new CommandFailed('--after is a revision number.', exitCodes.usage)
  const through = await exportAudit(
    create(ExportAuditRequestSchema, { tenant, format, afterRevision: BigInt(after) }),
    out,
  )
  say(`Exported through revision ${through}. Continue with --after ${through}.`)
}
