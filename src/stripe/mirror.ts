// What was fetched before, against what Stripe lists now.
import { isDeepStrictEqual } from 'node:util'
import type { Sql } from '#postgres/pool.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import type { StripeAccount } from './account.ts'
import type { SubscriptionSeen } from './api/read-subscriptions.ts'
import type { Subscription } from './state.ts'

/** Customers of whom a listed subscription is not known, or is kept in other words. */
export async function differing(
  sql: Sql,
  { tenant, id }: StripeAccount,
  listed: readonly SubscriptionSeen[],
): Promise<readonly string[]> {
  const customers = [...new Set(listed.map(({ customer }) => customer))]
  const [kept, erased] = await readTenant(sql, tenant, async (tx) => [
    await tx<{ customer: string; subscriptions: readonly Subscription[] }[]>`
      select customer, state -> 'subscriptions' as subscriptions from vouchsafe.stripe_states
      where tenant_id = ${tenant} and account_id = ${id} and customer = any(${customers}::text[])`,
    // Nothing is kept of them, nor given to them.
    await tx<{ customer: string }[]>`
      select c.customer from vouchsafe.stripe_customers c
      join vouchsafe.subjects s on s.tenant_id = c.tenant_id and s.id = c.subject_id and s.deleted_at is not null
      where c.tenant_id = ${tenant} and c.account_id = ${id} and c.customer = any(${customers}::text[])`,
  ])
  const known = new Map(
    kept.flatMap(({ customer, subscriptions }) =>
      subscriptions.map((each) => [`${customer} ${each.id}`, each] as const),
    ),
  )
  const other = listed.filter((each) => differs(each, known.get(`${each.customer} ${each.id}`)))
  const nobodys = new Set(['', ...erased.map(({ customer }) => customer)])
  return [...new Set(other.map(({ customer }) => customer))].filter((customer) => !nobodys.has(customer))
}

/** A list tells less than fetching does: only what it tells is compared. */
function differs(listed: SubscriptionSeen, kept: Subscription | undefined): boolean {
  if (kept === undefined) return true
  const { unpaid_since: _unpaid, named: _named, items, ...words } = kept
  const { items: listedItems, ...listedWords } = listed.subscription
  if (!isDeepStrictEqual({ ...listedWords }, words)) return true
  const byId = new Map(items.map(({ former_keys: _former, ...item }) => [item.id, item]))
  return (
    (listed.complete && listedItems.length !== items.length) ||
    listedItems.some((item) => !isDeepStrictEqual(item, byId.get(item.id)))
  )
}

type Pass = {
  /** The subscriptions that are there. */
  readonly seen: ReadonlySet<string>
  /** When it began, ms: what was fetched later is newer than the list. */
  readonly before: number
}

const atOnce = 1000

/** Customers of whom a subscription is kept that is not there any more. */
export async function* vanished(
  sql: Sql,
  { tenant, id }: StripeAccount,
  { seen, before }: Pass,
): AsyncGenerator<readonly string[]> {
  for (let after: string | undefined = ''; after !== undefined; ) {
    const from: string = after
    const kept: readonly { subscription: string; customer: string }[] = await readTenant(
      sql,
      tenant,
      (tx) => tx<{ subscription: string; customer: string }[]>`
        select subscription, customer from vouchsafe.stripe_subscriptions
        where tenant_id = ${tenant} and account_id = ${id} and subscription > ${from} and fetched_at < ${new Date(before)}
        order by subscription limit ${atOnce}`,
    )
    const gone = kept.filter(({ subscription }) => !seen.has(subscription))
    yield [...new Set(gone.map(({ customer }) => customer))]
    after = kept.length < atOnce ? undefined : kept.at(-1)?.subscription
  }
}

const dayMs = 86_400_000
const someOfThem = 100

/**
 * What was paid once is in no list that is read: the bound customers that were not fetched for a day, some a pass. Who is
 * marked has had a turn, or waits for one: those who cannot be fetched must not be all that is ever found.
 */
export async function longNotFetched(
  sql: Sql,
  { tenant, id }: StripeAccount,
  now: number,
): Promise<readonly string[]> {
  const found = await readTenant(
    sql,
    tenant,
    (tx) => tx<{ customer: string }[]>`
      select s.customer from vouchsafe.stripe_states s
      join vouchsafe.stripe_customers c using (tenant_id, account_id, customer)
      where s.tenant_id = ${tenant} and s.account_id = ${id} and s.fetched_at < ${new Date(now - dayMs)}
        and not exists (select from vouchsafe.stripe_marks m
          where m.tenant_id = s.tenant_id and m.account_id = s.account_id and m.object = s.customer)
      order by s.fetched_at limit ${someOfThem}`,
  )
  return found.map(({ customer }) => customer)
}
