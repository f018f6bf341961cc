import { createCharge } from './charges.ts'
import type { Events } from './events.ts'
import type { Metadata, Store, Thing } from './store.ts'
import type { createSubscriptions, Line } from './subscriptions.ts'

export type CheckoutOptions = {
  readonly mode: 'payment' | 'subscription'
  readonly lines: readonly Line[]
  /** Absent, mode payment: a guest. Absent, mode subscription: completing it makes one. */
  readonly customer?: string
  readonly reference?: string
  readonly metadata?: Metadata
  readonly trialDays?: number
  readonly urls?: Readonly<Record<string, unknown>>
}

/** Checkouts, and what became of the money of those paid once. */
export function createCheckouts(
  store: Store,
  events: Events,
  subscribe: ReturnType<typeof createSubscriptions>['subscribe'],
  createCustomer: () => string,
) {
  const { emit } = events
  const { seconds } = store
  const session = (id: string) => store.get('checkout.session', id)
  const lines = (id: string) => store.all('item').filter((each) => each._session === id)

  const createCheckout = (options: CheckoutOptions): string => {
    const id = store.newId(store.livemode ? 'cs_live' : 'cs_test')
    for (const { price, quantity = 1 } of options.lines) {
      const amount_total = Number(store.get('price', price).unit_amount) * quantity
      const amounts = { amount_discount: 0, amount_subtotal: amount_total, amount_tax: 0, amount_total }
      const line = { id: store.newId('li'), object: 'item', created: 0, currency: 'usd', description: null }
      store.add({ ...line, ...amounts, price, quantity, _session: id })
    }
    store.add({
      id,
      object: 'checkout.session',
      created: seconds(),
      automatic_tax: { enabled: false, liability: null, provider: null, status: null },
      client_reference_id: options.reference ?? null,
      currency: 'usd',
      custom_fields: [],
      custom_text: {
        after_submit: null,
        shipping_address: null,
        submit: null,
        terms_of_service_acceptance: null,
      },
      customer: options.customer ?? null,
      invoice: null,
      expires_at: seconds() + 86_400,
      livemode: store.livemode,
      metadata: options.metadata ?? {},
      mode: options.mode,
      payment_intent: null,
      payment_method_types: ['card'],
      payment_status: 'unpaid',
      shipping_options: [],
      status: 'open',
      subscription: null,
      url: `https://checkout.stripe.com/c/pay/${id}`,
      ...options.urls,
      _trialDays: options.trialDays,
    })
    return id
  }

  const charge = (thing: Thing, paid: boolean): string => {
    const amount = lines(thing.id).reduce((sum, line) => sum + Number(line.amount_total), 0)
    return createCharge(store, emit, { customer: thing.customer, amount, paid })
  }
  const settle = (id: string, ok: boolean): void => {
    const intent = String(session(id).payment_intent)
    const status = ok ? 'succeeded' : 'failed'
    for (const each of store.all('charge'))
      if (each.payment_intent === intent)
        emit(
          `charge.${status}`,
          Object.assign(each, { status, paid: ok, captured: ok, amount_captured: ok ? each.amount : 0 }),
        )
    if (ok) Object.assign(session(id), { payment_status: 'paid' })
    emit(`checkout.session.async_payment_${status}`, session(id))
  }

  return {
    createCheckout,
    /** With `delayed` the money comes later, by settleCheckout. */
    completeCheckout: (options: CheckoutOptions | string, { delayed = false } = {}): string => {
      const id = typeof options === 'string' ? options : createCheckout(options)
      const thing = session(id)
      if (thing.mode === 'subscription') {
        thing.customer ??= createCustomer()
        const bought = lines(id).map((line) => ({
          price: String(line.price),
          quantity: Number(line.quantity),
        }))
        const trialDays = thing._trialDays as number | undefined
        thing.subscription = subscribe(
          String(thing.customer),
          bought,
          trialDays === undefined ? {} : { trialDays },
        )
      } else thing.payment_intent = charge(thing, !delayed)
      Object.assign(thing, { status: 'complete', payment_status: delayed ? 'unpaid' : 'paid', url: null })
      emit('checkout.session.completed', thing)
      return id
    },
    settleCheckout: (id: string): void => settle(id, true),
    failCheckout: (id: string): void => settle(id, false),
    expireCheckout: (id: string): void => {
      emit('checkout.session.expired', Object.assign(session(id), { status: 'expired', url: null }))
    },
    /** The subscription that a checkout made. */
    subscriptionOf: (id: string): string => String(session(id).subscription),
    /** The customer of a checkout; undefined: a guest's. */
    customerOf: (id: string): string | undefined => (session(id).customer as string | null) ?? undefined,
    /** The charge of a checkout that was paid once, or of a bill. */
    chargeOf: (id: string): string => {
      const payment_intent = id.startsWith('in_')
        ? store.all('invoice_payment').find(({ invoice }) => invoice === id)?._intent
        : session(id).payment_intent
      const made = store.all('charge').find((each) => each.payment_intent === payment_intent)
      if (!made) throw new Error(`Nothing was paid by ${id}.`)
      return made.id
    },
    portal: (customer: string, return_url: string | null): Thing =>
      store.add({
        id: store.newId('bps'),
        object: 'billing_portal.session',
        created: seconds(),
        configuration: 'bpc_fake',
        customer,
        customer_account: null,
        flow: null,
        livemode: store.livemode,
        locale: null,
        on_behalf_of: null,
        return_url,
        url: 'https://billing.stripe.com/p/session/fake',
      }),
  }
}
