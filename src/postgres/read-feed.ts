import { begin } from './begin.ts'
import type { Sql, Tx } from './pool.ts'
import { retryLostRace } from './retry-lost-race.ts'
import { enterFeed } from './tenant-scope.ts'

/** Reads over all tenants as of one moment, in the role that can write nothing. */
export async function readFeed<T>(sql: Sql, work: (tx: Tx) => Promise<T>): Promise<T> {
  return retryLostRace(() =>
    begin(sql, { mode: 'isolation level repeatable read read only' }, async (tx) => {
      await enterFeed(tx)
      return work(tx)
    }),
  )
}
