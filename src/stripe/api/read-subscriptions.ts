import type { Connection } from './connection.ts'
import { pages } from './pages.ts'
import { idOf } from './read-sold.ts'

export type SubscriptionSeen = {
  /** "sub_…"; what a pass that was cut off goes on after. */
  readonly id: string
  readonly customer: string
  readonly status: string
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
    for (const { id, customer, status } of page) yield { id, customer: idOf(customer) ?? '', status }
}
