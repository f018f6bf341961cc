import type { Events } from './events.ts'
import { createInvoices } from './invoices.ts'
import { listOf } from './render.ts'
import type { Metadata, Store, Thing } from './store.ts'

export const month = 30 * 86_400

export type Line = { readonly price: string; readonly quantity?: number }

export type SubscribeOptions = {
  /** Default: active, or trialing where there is a trial. */
  readonly status?: string
  readonly trialDays?: number
  readonly metadata?: Metadata
  readonly collection?: 'charge_automatically' | 'send_invoice'
}

/** What happens to subscriptions. An act that makes something answers its id. */
export function createSubscriptions(store: Store, { emit }: Events) {
  const { seconds } = store
  const invoices = createInvoices(store, emit)
  const subscription = (id: string) => store.get('subscription', id)
  const items = (id: string) => store.all('subscription_item').filter((item) => item.subscription === id)

  const addItem = (id: string, { price, quantity = 1 }: Line, period = month): Thing =>
    store.add({
      id: store.newId('si'),
      object: 'subscription_item',
      created: seconds(),
      current_period_start: seconds(),
      current_period_end: seconds() + period,
      discounts: [],
      metadata: {},
      tax_rates: [],
      price,
      quantity,
      subscription: id,
    })

  /** Changes fields and says so with the type given: "updated", "deleted", … */
  const change = (id: string, fields: Readonly<Record<string, unknown>>, type = 'updated'): void => {
    const thing = subscription(id)
    const previous = Object.fromEntries(Object.keys(fields).map((name) => [name, thing[name] ?? null]))
    emit(`customer.subscription.${type}`, Object.assign(thing, fields), previous)
  }
  const ended = (reason: string) => ({
    status: 'canceled',
    ended_at: seconds(),
    canceled_at: seconds(),
    cancellation_details: { comment: null, feedback: null, reason },
  })

  const cancel = (id: string, reason = 'cancellation_requested') => change(id, ended(reason), 'deleted')

  return {
    subscribe: (customer: string, lines: readonly Line[], options: SubscribeOptions = {}): string => {
      store.get('customer', customer)
      const id = store.newId('sub')
      const trial = options.trialDays === undefined ? undefined : options.trialDays * 86_400
      const status = options.status ?? (trial === undefined ? 'active' : 'trialing')
      const made = store.add({
        id,
        object: 'subscription',
        created: seconds(),
        start_date: seconds(),
        automatic_tax: { enabled: false, disabled_reason: null, liability: null },
        billing_cycle_anchor: seconds(),
        billing_mode: { type: 'flexible' },
        billing_schedules: [],
        cancel_at: null,
        cancel_at_period_end: false,
        canceled_at: null,
        cancellation_details: null,
        collection_method: options.collection ?? 'charge_automatically',
        currency: 'usd',
        customer,
        discounts: [],
        ended_at: status === 'canceled' || status === 'incomplete_expired' ? seconds() : null,
        invoice_settings: { issuer: { type: 'self' } },
        latest_invoice: null,
        livemode: store.livemode,
        metadata: options.metadata ?? {},
        pause_collection: null,
        pending_update: null,
        schedule: null,
        status,
        trial_start: trial === undefined ? null : seconds(),
        trial_end: trial === undefined ? null : seconds() + trial,
      })
      for (const line of lines) addItem(id, line, trial)
      emit('customer.subscription.created', made)
      if (status === 'active') invoices.paid(id)
      if (status === 'incomplete' || status === 'past_due') invoices.failed(id)
      return id
    },
    /** The ids of its items, in the order they were bought. */
    itemsOf: (id: string): string[] => items(id).map((item) => item.id),
    /** What it consists of from now on: an item whose price stays is kept. */
    updateItems: (id: string, lines: readonly Line[]): void => {
      const old = items(id)
      const previous = { items: listOf(`/v1/subscription_items?subscription=${id}`, []) }
      for (const item of old)
        if (!lines.some((line) => line.price === item.price)) store.remove('subscription_item', item.id)
      for (const line of lines) {
        const same = old.find((item) => item.price === line.price)
        if (same) same.quantity = line.quantity ?? 1
        else addItem(id, line)
      }
      emit('customer.subscription.updated', subscription(id), previous)
    },
    addItem: (id: string, line: Line): string => {
      const item = addItem(id, line)
      emit('customer.subscription.updated', subscription(id))
      return item.id
    },
    setQuantity: (item: string, quantity: number): void => {
      const thing = store.get('subscription_item', item)
      thing.quantity = quantity
      emit('customer.subscription.updated', subscription(String(thing.subscription)))
    },
    /** A renewal that is not paid: past_due, with an invoice that is open. */
    failPayment: (id: string): void => {
      invoices.failed(id)
      if (subscription(id).status !== 'past_due') change(id, { status: 'past_due' })
    },
    /** All that is open is paid. */
    pay: (id: string): void => {
      invoices.payOpen(id)
      if (subscription(id).status !== 'active') change(id, { status: 'active' })
    },
    writeOff: (id: string): void => invoices.writeOff(id),
    /** A new period begins, and is paid. */
    renew: (id: string): void => {
      for (const item of items(id)) {
        item.current_period_start = seconds()
        item.current_period_end = seconds() + month
      }
      change(id, { status: 'active', trial_end: subscription(id).trial_end ?? null })
      invoices.paid(id)
    },
    cancel,
    cancelAtPeriodEnd: (id: string): void => {
      const cancel_at = Math.max(...items(id).map((item) => Number(item.current_period_end)))
      change(id, { cancel_at_period_end: true, cancel_at, canceled_at: seconds() })
    },
    cancelAt: (id: string, ms: number): void =>
      change(id, { cancel_at: Math.floor(ms / 1000), canceled_at: seconds() }),
    keepAfterAll: (id: string): void =>
      change(id, { cancel_at_period_end: false, cancel_at: null, canceled_at: null }),
    /** Its collection is paused; the status stays. */
    pauseCollection: (id: string): void =>
      change(id, { pause_collection: { behavior: 'void', resumes_at: null } }),
    resumeCollection: (id: string): void => change(id, { pause_collection: null }),
    /** Its trial ended without a card. */
    pause: (id: string): void => change(id, { status: 'paused' }, 'paused'),
    resume: (id: string): void => change(id, { status: 'active' }, 'resumed'),
    setStatus: (id: string, status: string): void =>
      change(
        id,
        status === 'canceled' ? ended('payment_failed') : { status },
        status === 'canceled' ? 'deleted' : 'updated',
      ),
    /** Its subscriptions are cancelled, then it is deleted. */
    deleteCustomer: (customer: string): void => {
      for (const each of store.all('subscription'))
        if (each.customer === customer && each.status !== 'canceled') cancel(each.id)
      const thing = store.get('customer', customer)
      emit('customer.deleted', thing)
      thing.deleted = true
    },
  }
}
