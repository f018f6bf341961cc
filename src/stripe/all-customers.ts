import type { Sql } from '#postgres/pool.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import type { StripeAccount } from './account.ts'
import type { StripeApi } from './api/create-api.ts'
import { purchaseLists } from './api/read-purchases.ts'
import { inGroups } from './in-groups.ts'

type Needs = {
  readonly sql: Sql
  readonly api: (account: StripeAccount) => StripeApi
}

const atOnce = 500
/** Where more than so many are known to Stripe alone, some of them are given again. */
const mostRemembered = 10_000

/**
 * Every customer of the account: those that are known here, then those that only Stripe knows, by what they ever bought.
 * Each once, unless very many are not known here yet. Throws StripeFailure.
 */
export async function* allCustomers({ sql, api }: Needs, account: StripeAccount): AsyncGenerator<string> {
  for (let last: string | undefined = ''; last !== undefined; ) {
    const some: readonly string[] = await knownAfter(sql, account, last)
    yield* some
    last = some.length < atOnce ? undefined : some.at(-1)
  }
  // What is remembered is bounded: the oldest is forgotten first.
  const given = new Set<string>()
  for await (const some of buyers(api(account))) {
    const fresh = [...new Set(some)].filter((customer) => customer !== '' && !given.has(customer))
    const known = await areKnown(sql, account, fresh)
    for (const customer of fresh.filter((each) => !known.has(each))) {
      given.add(customer)
      if (given.size > mostRemembered) given.delete(given.values().next().value ?? '')
      yield customer
    }
  }
}

async function* buyers(api: StripeApi): AsyncGenerator<readonly string[]> {
  for await (const some of inGroups(api.subscriptions())) yield some.map(({ customer }) => customer)
  for await (const some of api.schedules()) yield some.map(({ customer }) => customer)
  for (const list of purchaseLists)
    for await (const { purchases } of api.purchases(list, {})) yield purchases.map(({ customer }) => customer)
}

async function knownAfter(sql: Sql, { tenant, id }: StripeAccount, last: string): Promise<readonly string[]> {
  const found = await readTenant(
    sql,
    tenant,
    (tx) => tx<{ customer: string }[]>`
      select customer from (
        (select customer from vouchsafe.stripe_customers
          where tenant_id = ${tenant} and account_id = ${id} and customer > ${last} order by customer limit ${atOnce})
        union
        (select customer from vouchsafe.stripe_states
          where tenant_id = ${tenant} and account_id = ${id} and customer > ${last} order by customer limit ${atOnce})
      ) known
      order by customer limit ${atOnce}`,
  )
  return found.map(({ customer }) => customer)
}

async function areKnown(
  sql: Sql,
  { tenant, id }: StripeAccount,
  customers: readonly string[],
): Promise<ReadonlySet<string>> {
  if (customers.length === 0) return new Set()
  const found = await readTenant(
    sql,
    tenant,
    (tx) => tx<{ customer: string }[]>`
      select customer from unnest(${customers as string[]}::text[]) asked (customer)
      where exists (select from vouchsafe.stripe_customers c
          where c.tenant_id = ${tenant} and c.account_id = ${id} and c.customer = asked.customer)
        or exists (select from vouchsafe.stripe_states s
          where s.tenant_id = ${tenant} and s.account_id = ${id} and s.customer = asked.customer)`,
  )
  return new Set(found.map(({ customer }) => customer))
}
