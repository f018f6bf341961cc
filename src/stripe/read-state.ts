import type { Tx } from '#postgres/pool.ts'
import { type CustomerName, isOwn } from './customer-name.ts'
import type { CustomerState } from './state.ts'

/** What was fetched last of a customer. */
export async function readState(tx: Tx, name: CustomerName): Promise<CustomerState | undefined> {
  // What was fetched before invoices were asked for says none.
  const [row] = await tx<{ state: CustomerState }[]>`
    select '{"invoices": []}' || o.state as state from vouchsafe.stripe_states o where ${isOwn(tx, name)}`
  return row?.state
}
