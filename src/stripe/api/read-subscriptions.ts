import type { Subscription } from '#stripe/state.ts'
import type { Connection } from './connection.ts'
import { wordsOf } from './fetch-subscriptions.ts'
import { pages } from './pages.ts'
import { idOf } from './read-sold.ts'

export type SubscriptionSeen = {
  /** "sub_…"; what a pass that was cut off goes on after. */
  readonly id: string
  readonly customer: string
  /** Without what only a fetch tells: `unpaid_since` and `named`. */
  readonly subscription: Subscription
  /** Whether these are all of its items. */
  readonly complete: boolean
}

/** All subscriptions of the account, ended ones too, newest first. Throws StripeFailure. */
export async function* allSubscriptions(
  { gate, stripe }: Connection,
  after?: string,
): AsyncGenerator<SubscriptionSeen> {
  const found = pages(
    gate,
    'subscriptions.list',
    (cursor) => stripe.subscriptions.list({ status: 'all', ...cursor }),
    after,
  )
  for await (const page of found)
    for (const each of page) {
      const { id, customer, items } = each
      const subscription = wordsOf(each, items.data)
      yield { id, customer: idOf(customer) ?? '', subscription, complete: !items.has_more }
    }
}
