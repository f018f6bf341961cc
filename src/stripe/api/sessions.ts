import type { Connection } from './connection.ts'
import { one } from './one.ts'
import { given } from './read-sold.ts'

export type CheckoutRequest = {
  readonly mode: 'payment' | 'subscription'
  readonly prices: readonly { readonly price: string; readonly quantity: number }[]
  /** "cus_…"; without one Stripe makes one, or takes a guest's payment. */
  readonly customer?: string
  readonly client_reference_id?: string
  /** Only of mode subscription. */
  readonly trial_days?: number
  readonly success_url: string
  readonly cancel_url?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly idempotency_key: string
}

export type PortalRequest = {
  readonly customer: string
  readonly return_url?: string
  readonly idempotency_key: string
}

export type SessionMade = { readonly id: string /** Where the customer goes. */; readonly url: string }

export async function createCheckoutSession(
  { gate, stripe }: Connection,
  request: CheckoutRequest,
): Promise<SessionMade> {
  const { mode, prices, trial_days, idempotency_key } = request
  const made = await one(gate, 'checkout.sessions.create', 'checkout.session', () =>
    stripe.checkout.sessions.create(
      {
        mode,
        line_items: prices.map(({ price, quantity }) => ({ price, quantity })),
        success_url: request.success_url,
        ...given('cancel_url', request.cancel_url),
        ...given('customer', request.customer),
        ...given('client_reference_id', request.client_reference_id),
        ...given('metadata', request.metadata && { ...request.metadata }),
        ...(trial_days !== undefined && { subscription_data: { trial_period_days: trial_days } }),
      },
      { idempotencyKey: idempotency_key },
    ),
  )
  return { id: made.id, url: made.url ?? '' }
}

export async function createPortalSession(
  { gate, stripe }: Connection,
  { customer, return_url, idempotency_key }: PortalRequest,
): Promise<SessionMade> {
  const { id, url } = await one(gate, 'billing_portal.sessions.create', 'billing_portal.session', () =>
    stripe.billingPortal.sessions.create(
      { customer, ...given('return_url', return_url) },
      { idempotencyKey: idempotency_key },
    ),
  )
  return { id, url }
}

/** What is bought of an item; Stripe prorates. */
export async function setQuantity(
  { gate, stripe }: Connection,
  item: string,
  quantity: number,
  idempotencyKey: string,
): Promise<void> {
  await one(
    gate,
    'subscription_items.update',
    'subscription_item',
    () =>
      stripe.subscriptionItems.update(
        item,
        { quantity, proration_behavior: 'create_prorations' },
        { idempotencyKey },
      ),
    item,
  )
}
