import type { Fragment } from '#postgres/fragment.ts'
import type { Tx } from '#postgres/pool.ts'

/** A customer of one account of a tenant. */
export type CustomerName = {
  /** The tenant's id. */
  readonly tenant: string
  /** The account's id. */
  readonly account: string
  /** "cus_…", or "cs_…" of a checkout without one. */
  readonly customer: string
}

/** Whether a row `o` of one of Stripe's tables is this customer's. */
export function isOwn(tx: Tx, { tenant, account, customer }: CustomerName): Fragment {
  return tx`o.tenant_id = ${tenant} and o.account_id = ${account} and o.customer = ${customer}`
}
