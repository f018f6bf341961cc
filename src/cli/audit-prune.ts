import { mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { CommandFailed, exitCodes } from '#cli/exit.ts'
import { keptHeads } from '#cli/kept-heads.ts'
import { faint, green } from '#cli/print.ts'
import { loadConfig } from '#config'
import { type PruneResult, pruneAudit, tenantsToPrune } from '#main/prune-audit.ts'
import { reachDatabase } from '#main/reach-database.ts'

type PruneOptions = {
  readonly before: string
  readonly export: string
  readonly tenant?: string
  readonly heads?: readonly string[]
  readonly reason: string
  readonly json?: boolean
}

/** vouchsafe audit prune. */
export function addPrune(audit: Command): void {
  audit
    .command('prune')
    .description('export old changes and delete them behind a checkpoint')
    .requiredOption('--before <time>', 'RFC 3339, or YYYY-MM for the start of that month (UTC)')
    .requiredOption('--export <path>', 'a folder; with --tenant, a file that is not there yet')
    .option('--tenant <key or id>', 'only this tenant; default all')
    .option('--heads <files...>', 'heads that history must agree with, as for verify')
    .option('--reason <text>', 'why: kept in the audit', 'retention')
    .option('--json', 'print one line of JSON for each tenant')
    .action(prune)
}

async function prune(options: PruneOptions): Promise<void> {
  const before = timeOf(options.before)
  if (before === undefined || before > Date.now()) {
    throw new CommandFailed(
      '--before is a time in the past such as 2026-05-01T00:00:00Z, or a month such as 2026-05.',
      exitCodes.usage,
    )
  }
  const config = loadConfig()
  const heads = keptHeads(config, options.heads)
  const database = await reachDatabase(config, (text) => void process.stderr.write(`${text}\n`))
  try {
    const all = await tenantsToPrune(database.sql)
    const wanted = all.filter(
      ({ id, key }) => options.tenant === undefined || [id, key].includes(options.tenant),
    )
    if (wanted.length === 0) throw new CommandFailed('There is no such tenant.', exitCodes.data)
    const isFile = options.tenant !== undefined && !isFolder(options.export)
    mkdirSync(isFile ? dirname(options.export) : options.export, { recursive: true })
    for (const { id, key } of wanted) {
      const fileOf = (revision: number) =>
        isFile ? options.export : join(options.export, `${key}-${revision}.ndjson`)
      const done = await pruneAudit(database.sql, {
        tenant: id,
        before,
        fileOf,
        heads,
        reason: options.reason,
      })
      process.stdout.write(`${options.json ? JSON.stringify(documentOf(key, done)) : shown(key, done)}\n`)
    }
  } finally {
    await database.close()
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

/** ms. */
function timeOf(text: string): number | undefined {
  const month = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text)
  if (month) return Date.UTC(Number(month[1]), Number(month[2]) - 1)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/i.test(text)) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}

function documentOf(tenant: string, done: PruneResult | undefined) {
  if (!done) return { tenant, pruned: 0 }
  const { revision, pruned, kept, file, export_sha256 } = done
  return { tenant, revision, pruned, kept, file, sha256: Buffer.from(export_sha256).toString('hex') }
}

function shown(key: string, done: PruneResult | undefined): string {
  if (!done) return `${key}  ${faint('nothing to prune')}`
  const { revision, pruned, kept, file } = done
  return `${green('pruned')}  ${key}  up to change ${revision}: ${pruned} effects went, ${kept} last images stay; ${file}`
}
