import { AppError } from '#core/errors.ts'
import type { RevisionToken } from '#core/revision.ts'
import { begin } from './begin.ts'
import { notifyCommit } from './notify.ts'
import type { Sql, Tx } from './pool.ts'
import { retryLostRace } from './retry-lost-race.ts'
import { enterTenant } from './tenant-scope.ts'

export type Scope = {
  /** The tenant's id. */
  readonly tenant: string
  /** Who does it: a caller's id, "stripe", "migration". */
  readonly actor: string
  /** What is done: "GrantEntitlement". */
  readonly action: string
  readonly reason?: string
  /** What led to it: an event's id, a request's. */
  readonly cause?: string
  /** Told after the commit, before anybody else: wakes this process's own feed. */
  readonly committed?: (revision: RevisionToken) => void
}

export type Written<T> = {
  readonly result: T
  /** Of this write, or the present one where nothing changed. */
  readonly revision: RevisionToken
  readonly changed: boolean
}

/**
 * The only way to write: one transaction of one tenant, sealed last, told after the commit.
 * `work` may run several times (a deadlock or a lost race is retried) and must leave no trace outside of `tx`.
 */
export async function withTenant<T>(
  sql: Sql,
  scope: Scope,
  work: (tx: Tx) => Promise<T>,
): Promise<Written<T>> {
  const written = await retryLostRace(() => once(sql, scope, work))
  if (written.changed) {
    scope.committed?.(written.revision)
    notifyCommit(sql, written.revision)
  }
  return written
}

async function once<T>(sql: Sql, scope: Scope, work: (tx: Tx) => Promise<T>): Promise<Written<T>> {
  const { result, sealed } = await begin(sql, {}, async (tx) => {
    await enterTenant(tx, scope.tenant)
    const result = await work(tx)
    const [sealed] = await tx<Sealed[]>`
      select epoch, revision, encode(substr(chain, 1, 8), 'hex') as chain, changed
      from vouchsafe.seal(${scope.actor}, ${scope.action}, ${scope.reason ?? null}, ${scope.cause ?? null})`
    return { result, sealed }
  })
  if (sealed?.epoch == null)
    throw new AppError('NOT_FOUND', 'There is no such tenant.', { tenant: scope.tenant })
  const { changed, ...place } = sealed
  return { result, revision: { tenant: scope.tenant, ...place }, changed }
}

type Sealed = {
  readonly epoch: string
  readonly revision: number
  readonly chain: string
  readonly changed: boolean
}
