import { type Checkpoint, readCheckpoint } from './checkpoint.ts'
import type { Sql, Tx } from './pool.ts'
import { translate } from './translate-error.ts'
import { withTenant } from './with-tenant.ts'

/** What is to be pruned, and where it was exported to. */
export type Pruning = {
  readonly tenant: string
  /** The last change that goes. */
  readonly revision: number
  /** In the finished export. Where history has another number, nothing is done. */
  readonly effects: number
  readonly file: string
  readonly bytes: number
  readonly sha256: Uint8Array
  readonly reason: string
}

export type Pruned = Checkpoint & {
  /** Deleted, and kept as the last images of their rows. */
  readonly pruned: number
  readonly kept: number
}

/** The last change before a time (ms) with everything before it; undefined where all of that is gone already. */
export async function lastBefore(tx: Tx, tenant: string, before: number): Promise<number | undefined> {
  const checkpoint = await readCheckpoint(tx, tenant)
  const [row] = await tx<{ last: number }[]>`
    select coalesce(
      (select min(revision) - 1 from vouchsafe.change
        where tenant_id = ${tenant} and at >= ${new Date(before)} and revision > ${checkpoint?.revision ?? 0}),
      (select max(revision) from vouchsafe.change where tenant_id = ${tenant}), 0)::bigint as last`
  const last = row?.last ?? 0
  return last > (checkpoint?.revision ?? 0) ? last : undefined
}

/**
 * Takes history away behind a checkpoint, as a change of its own. As the owner of the tables, whom the servers' role is
 * not: the login has to be a member of it, as the one that migrates is. Errors: FAILED_PRECONDITION (the export is not
 * what history has).
 */
export async function pruneHistory(sql: Sql, pruning: Pruning): Promise<Pruned> {
  const { tenant, revision, effects, file, bytes, sha256, reason } = pruning
  const scope = { tenant, actor: 'audit prune', action: 'PruneHistory', reason }
  try {
    const { result } = await withTenant(sql, scope, async (tx) => {
      // It may take minutes, and holds the head only at its end.
      await tx`select set_config('role', 'vouchsafe_owner', true), set_config('statement_timeout', '0', true)`
      const [checkpoint] = await tx<Pruned[]>`
        select * from vouchsafe.prune_history(${revision}, ${effects}, ${file}, ${bytes}, ${Buffer.from(sha256)})`
      await tx`select set_config('role', 'vouchsafe_app', true)`
      return checkpoint
    })
    return result as Pruned
  } catch (error) {
    throw translate(error)
  }
}
