import type { Tx } from '#postgres/pool.ts'

/**
 * One writer of a customer's rights after the other; before the holder's lock, for there may be no holder yet. Row locks
 * alone do not keep two apart where there is no row yet.
 */
export async function lockCustomer(tx: Tx, account: string, customer: string): Promise<void> {
  await tx`select pg_advisory_xact_lock(hashtextextended(${JSON.stringify(['stripe', account, customer])}, 0))`
}
