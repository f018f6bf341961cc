import { begin } from './begin.ts'
import type { Sql, Tx } from './pool.ts'
import { enterTenant } from './tenant-scope.ts'
import { translate } from './translate-error.ts'

/** Reads one tenant's rows as of one moment; writing fails. */
export async function readTenant<T>(sql: Sql, tenant: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  try {
    return await begin(sql, { mode: 'isolation level repeatable read read only' }, async (tx) => {
      await enterTenant(tx, tenant)
      return work(tx)
    })
  } catch (error) {
    throw translate(error)
  }
}
