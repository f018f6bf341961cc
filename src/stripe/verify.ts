import type { Sql } from '#postgres/pool.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import type { StripeAccount } from './account.ts'
import { allCustomers } from './all-customers.ts'
import type { StripeApi } from './api/create-api.ts'
import { type Drift, driftOf } from './drift.ts'

type Needs = {
  readonly sql: Sql
  readonly api: (account: StripeAccount) => StripeApi
  /** ms. */
  readonly now: () => number
}

export type Verified = { readonly customer: string; readonly done: number } & (
  | { readonly drift: Drift }
  /** It could not be fetched. */
  | { readonly error: unknown }
)

/**
 * How what is stored differs from what Stripe says now, of one customer or of each; nothing is written. A customer that
 * is marked may differ for that alone: its turn comes.
 */
export async function* verify(
  needs: Needs,
  account: StripeAccount,
  customer?: string,
): AsyncGenerator<Verified> {
  const features = await namesFeatures(needs.sql, account)
  let done = 0
  for await (const each of customer === undefined ? allCustomers(needs, account) : [customer]) {
    done += 1
    yield { customer: each, done, ...(await checked(needs, account, each, features)) }
  }
}

async function checked(
  { sql, api, now }: Needs,
  account: StripeAccount,
  customer: string,
  features: boolean,
) {
  try {
    const state = await api(account).fetchCustomer(customer, { features })
    const drift = await readTenant(sql, account.tenant, (tx) => driftOf(tx, account, state, now()))
    return { drift }
  } catch (error) {
    return { error }
  }
}

function namesFeatures(sql: Sql, { tenant }: StripeAccount): Promise<boolean> {
  return readTenant(sql, tenant, async (tx) => {
    const [found] = await tx`
      select from vouchsafe.price_mappings where tenant_id = ${tenant} and match = 'feature' limit 1`
    return found !== undefined
  })
}
