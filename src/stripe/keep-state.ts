import type { Tx } from '#postgres/pool.ts'
import type { CustomerName } from './customer-name.ts'
import { isOwn } from './customer-name.ts'
import { matchesOf } from './matches-of.ts'
import type { CustomerState, Subscription } from './state.ts'

/** Keeps what was fetched, and Stripe's own words for the customer's subscriptions. `now` in ms. */
export async function keepState(
  tx: Tx,
  name: CustomerName,
  state: CustomerState,
  now: number,
): Promise<void> {
  const { tenant: tenant_id, account: account_id, customer } = name
  const fetched_at = new Date(now)
  const kept = { state: tx.json(state as never), matches: matchesOf(state) as string[], fetched_at }
  await tx`insert into vouchsafe.stripe_states ${tx({ tenant_id, account_id, customer, ...kept })}
    on conflict (tenant_id, account_id, customer)
    do update set state = excluded.state, matches = excluded.matches, fetched_at = excluded.fetched_at`
  const rows = state.subscriptions.map((one) => ({
    tenant_id,
    account_id,
    customer,
    ...words(one),
    fetched_at,
  }))
  await tx`delete from vouchsafe.stripe_subscriptions o
    where ${isOwn(tx, name)} and o.subscription <> all(${rows.map(({ subscription }) => subscription)})`
  for (let from = 0; from < rows.length; from += atOnce) await insert(tx, rows.slice(from, from + atOnce))
}

/** A statement has so many parameters and no more. */
const atOnce = 1000

async function insert(tx: Tx, rows: readonly object[]): Promise<void> {
  await tx`insert into vouchsafe.stripe_subscriptions ${tx(rows as never)}
    on conflict (tenant_id, account_id, subscription) do update set customer = excluded.customer, created = excluded.created, status = excluded.status,
      cancel_at_period_end = excluded.cancel_at_period_end, cancel_at = excluded.cancel_at, ended_at = excluded.ended_at,
      trial_end = excluded.trial_end, period_end = excluded.period_end, fetched_at = excluded.fetched_at`
}

function words(subscription: Subscription) {
  const { id, created, status, cancel_at_period_end, cancel_at, ended_at, trial_end, items } = subscription
  const ends = items.map(({ period_end }) => period_end).filter((end) => end !== undefined)
  return {
    subscription: id,
    created: new Date(created),
    status,
    cancel_at_period_end,
    cancel_at: instant(cancel_at),
    ended_at: instant(ended_at),
    trial_end: instant(trial_end),
    period_end: ends.length === 0 ? null : new Date(Math.max(...ends)),
  }
}

function instant(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms)
}
