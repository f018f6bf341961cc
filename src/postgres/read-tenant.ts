import type { Sql, Tx } from './pool.ts'
import { enterTenant } from './tenant-scope.ts'
import { translate } from './translate-error.ts'

/** Reads one tenant's rows as of one moment; writing fails. */
export async function readTenant<T>(sql: Sql, tenant: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  const reading = sql.begin('isolation level repeatable read read only', async (tx) => {
    await enterTenant(tx, tenant)
    return { result: await work(tx) }
  })
  const { result } = (await reading.catch((error: unknown) => {
    throw translate(error)
  })) as { result: T }
  return result
}
