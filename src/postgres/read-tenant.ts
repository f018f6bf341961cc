import { begin } from './begin.ts'
import type { Sql, Tx } from './pool.ts'
import { retryLostRace } from './retry-lost-race.ts'
import { enterTenant } from './tenant-scope.ts'

/** Reads one tenant's rows as of one moment; writing fails. */
export async function readTenant<T>(sql: Sql, tenant: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  return retryLostRace(() =>
    begin(sql, { mode: 'isolation level repeatable read read only' }, async (tx) => {
      await enterTenant(tx, tenant)
      return work(tx)
    }),
  )
}
