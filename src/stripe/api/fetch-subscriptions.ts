import type { Stripe } from 'stripe'
import type { Item, Subscription } from '#stripe/state.ts'
import type { Connection } from './connection.ts'
import { mapFew } from './map-few.ts'
import { listAll, pages } from './pages.ts'
import { given, givenMs, ms, readSold } from './read-sold.ts'
import { StripeFailure } from './stripe-failure.ts'
import { together } from './together.ts'

/** All subscriptions a customer ever had, with all their items. Without `named`, which a checkout says. */
export async function fetchSubscriptions(connection: Connection, customer: string): Promise<Subscription[]> {
  const { gate, stripe } = connection
  const found = await listAll(gate, 'subscriptions.list', (cursor) =>
    stripe.subscriptions.list({ customer, status: 'all', ...cursor }),
  )
  const several = found.filter(hadTrial).length > 1
  return mapFew(found, (each) => readSubscription(connection, each, several))
}

/** `several`: the customer had several trials. */
async function readSubscription(
  connection: Connection,
  found: Stripe.Subscription,
  several: boolean,
): Promise<Subscription> {
  const isDue = found.status === 'past_due'
  const isAsked = hadTrial(found) && (isDue || (several && outlivedTrial(found)))
  const [items, unpaid, paid] = await together([
    allItems(connection, found),
    isDue ? unpaidSince(connection, found.id) : undefined,
    isAsked ? newestPaid(connection, found.id, hasCost) : undefined,
  ])
  const neverPaid = isAsked && paid === undefined
  return {
    ...wordsOf(found, items),
    ...given('unpaid_since', unpaid),
    ...(neverPaid && { never_paid: true }),
  }
}

function hadTrial({ trial_start }: Stripe.Subscription): boolean {
  return typeof trial_start === 'number'
}

function outlivedTrial({ ended_at, trial_end }: Stripe.Subscription): boolean {
  return (ended_at ?? 0) > (trial_end ?? Number.POSITIVE_INFINITY)
}

/** A trial, or all of it taken off, makes an invoice of nothing that counts as paid. */
export function hasCost({ total }: Stripe.Invoice): boolean {
  return total > 0
}

/** What it says itself, with these of its items. */
export function wordsOf(found: Stripe.Subscription, items: readonly Stripe.SubscriptionItem[]): Subscription {
  // Until 2025-03-31 the period was the subscription's own.
  const { current_period_end: former } = found as { readonly current_period_end?: number }
  return {
    id: found.id,
    status: found.status,
    created: ms(found.created),
    started: ms(found.start_date),
    items: items.map((item) => readItem(item, former)),
    ...givenMs('trial_start', found.trial_start),
    ...givenMs('trial_end', found.trial_end),
    ...givenMs('cancel_at', found.cancel_at),
    cancel_at_period_end: found.cancel_at_period_end,
    ...givenMs('ended_at', found.ended_at),
    paused: (found.pause_collection ?? null) !== null,
  }
}

function readItem(item: Stripe.SubscriptionItem, former: number | undefined): Item {
  return {
    id: item.id,
    created: ms(item.created),
    ...givenMs('period_end', item.current_period_end ?? former),
    ...readSold(item.price, item.quantity),
  }
}

/** A subscription holds its first items only. */
async function allItems({ gate, stripe }: Connection, { id, items }: Stripe.Subscription) {
  if (!items.has_more) return items.data
  const all = await listAll(gate, 'subscription_items.list', (cursor) =>
    stripe.subscriptionItems.list({ subscription: id, ...cursor }),
  )
  if (items.data.every((item) => all.some((each) => each.id === item.id))) return all
  throw new StripeFailure('unavailable', 'subscription_items.list: the list changed while it was read')
}

/** Since when its oldest unpaid invoice should have been paid: of those after the newest that was paid, if there are any. */
async function unpaidSince(connection: Connection, subscription: string): Promise<number | undefined> {
  const { gate, stripe } = connection
  const lists = (['open', 'uncollectible'] as const).map((status) =>
    listAll(gate, 'invoices.list', (cursor) => stripe.invoices.list({ subscription, status, ...cursor })),
  )
  const [paid, ...unpaid] = await together([newestPaid(connection, subscription), ...lists])
  const paidUntil = paid === undefined ? 0 : finalizedAt(paid)
  const all = unpaid.flat()
  const later = all.filter((invoice) => finalizedAt(invoice) > paidUntil)
  const since = (later.length > 0 ? later : all).map((invoice) => invoice.due_date ?? finalizedAt(invoice))
  return since.length === 0 ? undefined : ms(Math.min(...since))
}

/** What was paid clears what was written off, left open or lost before. Undefined: nothing was ever paid. */
export async function newestPaid(
  { gate, stripe }: Connection,
  subscription: string,
  counts: (invoice: Stripe.Invoice) => boolean = () => true,
): Promise<Stripe.Invoice | undefined> {
  const newestFirst = pages(gate, 'invoices.list', (cursor) =>
    stripe.invoices.list({ subscription, status: 'paid', ...cursor }),
  )
  for await (const page of newestFirst) {
    const newest = page.find(counts)
    if (newest) return newest
  }
  return undefined
}

/** Seconds. */
export function finalizedAt({ status_transitions, created }: Stripe.Invoice): number {
  return status_transitions.finalized_at ?? created
}
