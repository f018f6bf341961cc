import type { Sql } from '#postgres/pool.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import type { StripeAccount } from './account.ts'
import type { StripeApi } from './api/create-api.ts'

type Needs = {
  readonly sql: Sql
  readonly api: (account: StripeAccount) => StripeApi
}

const atOnce = 500

/** Every customer of the account once: those that are known here, then those that only Stripe knows. Throws StripeFailure. */
export async function* allCustomers({ sql, api }: Needs, account: StripeAccount): AsyncGenerator<string> {
  const known = new Set<string>()
  for (let last: string | undefined = ''; last !== undefined; ) {
    const some = await after(sql, account, last)
    for (const customer of some) {
      known.add(customer)
      yield customer
    }
    last = some.length < atOnce ? undefined : some.at(-1)
  }
  for await (const { customer } of api(account).subscriptions()) {
    if (customer === '' || known.has(customer)) continue
    known.add(customer)
    yield customer
  }
}

async function after(sql: Sql, { tenant, id }: StripeAccount, last: string): Promise<readonly string[]> {
  const found = await readTenant(
    sql,
    tenant,
    (tx) => tx<{ customer: string }[]>`
      select customer from (
        select customer from vouchsafe.stripe_customers where tenant_id = ${tenant} and account_id = ${id}
        union select customer from vouchsafe.stripe_states where tenant_id = ${tenant} and account_id = ${id}
      ) known
      where customer > ${last} order by customer limit ${atOnce}`,
  )
  return found.map(({ customer }) => customer)
}
