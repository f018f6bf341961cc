import type { RevisionToken } from '#core/revision.ts'
import { begin } from './begin.ts'
import { type Effect, effectsOf } from './effects-of.ts'
import { headOf } from './head-of.ts'
import type { Sql, Tx } from './pool.ts'
import { retryLostRace } from './retry-lost-race.ts'
import { enterTenant } from './tenant-scope.ts'

export type Rehearsed<T> = {
  readonly result: T
  readonly effects: readonly Effect[]
  /** The present one, on which the effects would follow. */
  readonly revision: RevisionToken
}

/** What `work` would do as the transaction of a tenant: it runs in one that is rolled back. Fails as the real one would. */
export function rehearse<T>(sql: Sql, tenant: string, work: (tx: Tx) => Promise<T>): Promise<Rehearsed<T>> {
  return retryLostRace(async () => {
    const over = new RolledBack()
    let rehearsed: Rehearsed<T> | undefined
    try {
      await begin(sql, {}, async (tx) => {
        await enterTenant(tx, tenant)
        const result = await work(tx)
        const revision = await headOf(tx, tenant)
        rehearsed = { result, effects: await effectsOf(tx, tenant), revision }
        throw over
      })
    } catch (error) {
      if (error !== over || !rehearsed) throw error
      return rehearsed
    }
    throw over
  })
}

class RolledBack extends Error {}
