import { invalid } from '#admin/invalid.ts'
import { notFound } from '#admin/not-found.ts'
import type { Tx } from '#postgres/pool.ts'

/** The id of an account by its key; empty: of the tenant's only one that is not disabled. Errors: NOT_FOUND, INVALID_FIELD. */
export async function stripeAccountId(tx: Tx, tenant: string, key: string): Promise<string> {
  const rows = await tx<{ id: string }[]>`
    select id from vouchsafe.stripe_accounts
    where tenant_id = ${tenant} and ${key === '' ? tx`active` : tx`key = ${key}`} limit 2`
  const [row, another] = rows
  if (!row) throw notFound('Stripe account', key)
  if (another) throw invalid('account', 'There are several Stripe accounts: say which.')
  return row.id
}
