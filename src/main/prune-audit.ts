import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { type ExportPlace, exportChanges } from '#admin/export-changes.ts'
import { AppError } from '#core/errors.ts'
import type { ExportedHead } from '#postgres/heads.ts'
import type { Sql, Tx } from '#postgres/pool.ts'
import { lastBefore, type Pruned, pruneHistory } from '#postgres/prune-history.ts'
import { readFeed } from '#postgres/read-feed.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { walkChain } from '#postgres/verify-chain.ts'

export type PruneOptions = {
  /** Ids. */
  readonly tenant: string
  /** ms: what was before goes. */
  readonly before: number
  /** Where the export of up to this change is to be: must not be there yet. */
  readonly fileOf: (revision: number) => string
  readonly heads: readonly ExportedHead[]
  readonly reason: string
}

export type PruneResult = Pruned & { readonly file: string }

/** A tenant of the database. */
export type PrunedTenant = { readonly id: string; readonly key: string }

/** Those whose history may be pruned: the platform's too. */
export function tenantsToPrune(sql: Sql): Promise<readonly PrunedTenant[]> {
  return readFeed(
    sql,
    (tx) => tx<PrunedTenant[]>`select tenant_id as id, key from vouchsafe.tenants order by key`,
  )
}

/**
 * Exports what was before a time, and prunes it when the file is on the disk: a history that does not hold is not
 * pruned, for that would hide it. Undefined where there is nothing to prune.
 * Errors: FAILED_PRECONDITION (history is broken, or not what was exported), ALREADY_EXISTS (the file).
 */
export async function pruneAudit(sql: Sql, options: PruneOptions): Promise<PruneResult | undefined> {
  const { tenant, before, heads, reason } = options
  const revision = await readTenant(sql, tenant, (tx) => lastBefore(tx, tenant, before))
  if (revision === undefined) return undefined
  const { broken } = await readTenant(sql, tenant, (tx) => walkChain(tx, tenant, { heads }))
  if (broken) throw new AppError('FAILED_PRECONDITION', `History does not hold: ${broken.detail}`)
  const file = options.fileOf(revision)
  const exported = await writeExport(sql, tenant, revision, file)
  const done = await pruneHistory(sql, { tenant, revision, reason, file: basename(file), ...exported })
  return { ...done, file }
}

const pageEffects = 500

/** Under another name until it is whole and on the disk, the name itself too. */
async function writeExport(sql: Sql, tenant: string, revision: number, file: string) {
  if (existsSync(file)) throw new AppError('ALREADY_EXISTS', `${file} is there already.`)
  const unfinished = `${file}.unfinished`
  await rm(unfinished, { force: true })
  const out = await open(unfinished, 'wx', 0o600)
  const hash = createHash('sha256')
  let [bytes, effects] = [0, 0]
  try {
    let after: ExportPlace = { revision: 1, ordinal: 0 }
    while (after.revision <= revision) {
      const { to, step } = await readTenant(sql, tenant, async (tx) => {
        const to = await endOfPage(tx, tenant, after.revision, revision)
        return { to, step: await exportChanges(tx, { tenant }, { format: 'ndjson', after, to }) }
      })
      const lines = Buffer.from(step.lines, 'utf8')
      await out.write(lines)
      hash.update(lines)
      bytes += lines.length
      effects += step.lines.split('\n').length - 1
      after = step.done ? { revision: to + 1, ordinal: 0 } : step.place
    }
    await out.sync()
  } finally {
    await out.close()
  }
  await rename(unfinished, file)
  await syncFolder(dirname(file))
  return { bytes, effects, sha256: hash.digest() }
}

/** A page is asked for of a few changes only: the database would sort all that are to come for each. */
async function endOfPage(tx: Tx, tenant: string, from: number, last: number): Promise<number> {
  const changes = await tx<{ revision: number; effects: number }[]>`
    select revision, effects from vouchsafe.change where tenant_id = ${tenant} and revision between ${from} and ${last}
    order by revision limit ${pageEffects}`
  let effects = 0
  for (const change of changes) {
    effects += change.effects
    if (effects >= pageEffects) return change.revision
  }
  return changes.length < pageEffects ? last : (changes.at(-1)?.revision ?? last)
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
