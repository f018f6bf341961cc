// What was fetched before, against what Stripe lists now.
import { isDeepStrictEqual } from 'node:util'
import type { Sql } from '#postgres/pool.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import type { StripeAccount } from './account.ts'
import type { ScheduleSeen } from './api/fetch-schedules.ts'
import type { MoneyBackSeen } from './api/read-money-back.ts'
import type { PurchaseSeen } from './api/read-purchases.ts'
import type { SubscriptionSeen } from './api/read-subscriptions.ts'
import type { CustomerState, Schedule, Subscription } from './state.ts'

/** Customers of whom a listed subscription is not known, or is kept in other words. */
export async function differing(
  sql: Sql,
  account: StripeAccount,
  listed: readonly SubscriptionSeen[],
): Promise<readonly string[]> {
  const { kept, over } = await keptOf(sql, account, listed)
  const other = listed.filter(({ customer, ...each }) => {
    const known = kept.get(customer)?.subscriptions.find(({ id }) => id === each.id)
    return differs(each, known)
  })
  return customersOf(other, over)
}

/** Customers of whom a listed schedule is not known, or is kept in other words. */
export async function otherSchedules(
  sql: Sql,
  account: StripeAccount,
  listed: readonly ScheduleSeen[],
): Promise<readonly string[]> {
  const { kept, over } = await keptOf(sql, account, listed)
  const other = listed.filter(({ customer, schedule }) => {
    const known = kept.get(customer)?.schedules.find(({ id }) => id === schedule.id)
    return known === undefined || !isDeepStrictEqual(schedule, asListed(known))
  })
  return customersOf(other, over)
}

/** Customers of whom a listed purchase is not known, or was not paid when they were fetched. */
export async function otherPurchases(
  sql: Sql,
  account: StripeAccount,
  listed: readonly PurchaseSeen[],
): Promise<readonly string[]> {
  const { kept, over } = await keptOf(sql, account, listed)
  const other = listed.filter(({ id, customer, paid }) => {
    const { checkouts, invoices } = kept.get(customer) ?? { checkouts: [], invoices: [] }
    const checkout = checkouts.find((each) => each.id === id || each.invoice === id)
    return checkout ? paid && !checkout.paid : !invoices.some((each) => each.id === id)
  })
  return customersOf(other, over)
}

/** Of those that gave money back or dispute it, who was not fetched since; of a guest what tells whose it is. */
export async function otherMoneyBack(
  sql: Sql,
  account: StripeAccount,
  listed: readonly MoneyBackSeen[],
): Promise<readonly string[]> {
  const { kept, over } = await keptOf(
    sql,
    account,
    listed.map(({ id, customer = id }) => ({ customer })),
  )
  const other = listed.map(({ id, customer = id, created }) => ({ customer, created }))
  return customersOf(
    // A second is as fine as Stripe tells, and clocks differ.
    other.filter(({ customer, created }) => (kept.get(customer)?.fetched_at ?? 0) < created + clockSlackMs),
    over,
  )
}

const clockSlackMs = 60_000

type Kept = Pick<CustomerState, 'subscriptions' | 'schedules' | 'checkouts' | 'invoices'> & {
  readonly fetched_at: number
}

async function keptOf(
  sql: Sql,
  { tenant, id }: StripeAccount,
  listed: readonly { readonly customer: string }[],
): Promise<{ readonly kept: ReadonlyMap<string, Kept>; readonly over: ReadonlySet<string> }> {
  const customers = [...new Set(listed.map(({ customer }) => customer))]
  const [states, erased] = await readTenant(sql, tenant, async (tx) => [
    await tx<{ customer: string; state: CustomerState; fetched_at: number }[]>`
      select customer, '{"invoices": []}' || state as state, fetched_at from vouchsafe.stripe_states
      where tenant_id = ${tenant} and account_id = ${id} and customer = any(${customers}::text[])`,
    // Nothing is kept of them, nor given to them.
    await tx<{ customer: string }[]>`
      select c.customer from vouchsafe.stripe_customers c
      join vouchsafe.subjects s on s.tenant_id = c.tenant_id and s.id = c.subject_id and s.deleted_at is not null
      where c.tenant_id = ${tenant} and c.account_id = ${id} and c.customer = any(${customers}::text[])`,
  ])
  // Stripe goes on listing what a customer had that is deleted, and tells nothing of it any more.
  const deleted = states.filter(({ state }) => state.deleted)
  return {
    kept: new Map(states.map(({ customer, state, fetched_at }) => [customer, { ...state, fetched_at }])),
    over: new Set(['', ...[...deleted, ...erased].map(({ customer }) => customer)]),
  }
}

function customersOf(
  other: readonly { readonly customer: string }[],
  over: ReadonlySet<string>,
): readonly string[] {
  return [...new Set(other.map(({ customer }) => customer))].filter((customer) => !over.has(customer))
}

/** Without the keys that its prices had before. */
function asListed(schedule: Schedule): Schedule {
  const phases = schedule.phases.map((phase) => ({
    ...phase,
    items: phase.items.map(({ former_keys: _former, ...item }) => item),
  }))
  return { ...schedule, phases }
}

/** A list tells less than fetching does: only what it tells is compared. */
function differs(listed: Omit<SubscriptionSeen, 'customer'>, kept: Subscription | undefined): boolean {
  if (kept === undefined) return true
  const {
    unpaid_since: _since,
    never_paid: _never,
    disputed: _disputed,
    named: _named,
    items,
    ...words
  } = kept
  const { items: listedItems, ...listedWords } = listed.subscription
  if (!isDeepStrictEqual({ ...listedWords }, words)) return true
  const byId = new Map(items.map(({ former_keys: _former, ...item }) => [item.id, item]))
  return (
    (listed.complete && listedItems.length !== items.length) ||
    listedItems.some((item) => !isDeepStrictEqual(item, byId.get(item.id)))
  )
}
