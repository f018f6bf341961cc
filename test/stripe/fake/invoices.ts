import type { Emit } from './events.ts'
import { listOf } from './render.ts'
import type { Store, Thing } from './store.ts'

/** Invoices of subscriptions. */
export function createInvoices(store: Store, emit: Emit) {
  const { seconds } = store
  const open = (subscription: string) =>
    store.all('invoice').filter((each) => each._subscription === subscription && each.status === 'open')
  const create = (subscription: string): Thing => {
    const { customer, collection_method } = store.get('subscription', subscription)
    const parent = {
      type: 'subscription_details',
      quote_details: null,
      subscription_details: { metadata: null, subscription },
    }
    const reason = 'subscription_cycle'
    const made = finalized(store, emit, { customer, collection_method, parent, reason, amount: 1000 })
    made._subscription = subscription
    store.get('subscription', subscription).latest_invoice = made.id
    return made
  }
  const settle = (invoice: Thing): void => {
    paid(invoice, emit, seconds())
  }
  return {
    paid: (subscription: string): void => settle(create(subscription)),
    failed: (subscription: string): void => emit('invoice.payment_failed', create(subscription)),
    payOpen: (subscription: string): void => {
      for (const invoice of open(subscription)) settle(invoice)
    },
    writeOff: (subscription: string): void => {
      for (const invoice of open(subscription)) {
        invoice.status = 'uncollectible'
        Object.assign(invoice.status_transitions as object, { marked_uncollectible_at: seconds() })
        emit('invoice.marked_uncollectible', invoice)
      }
    },
  }
}

type Invoicing = {
  readonly customer: unknown
  readonly collection_method: unknown
  readonly parent: object | null
  readonly reason: string
  readonly amount: number
}

/** One that is open. */
export function finalized(store: Store, emit: Emit, of: Invoicing): Thing {
  const at = store.seconds()
  const id = store.newId('in')
  const made = store.add({
    id,
    object: 'invoice',
    created: at,
    ...amounts(of.amount, 0),
    attempt_count: 1,
    attempted: true,
    auto_advance: true,
    automatic_tax: { enabled: false, disabled_reason: null, liability: null, provider: null, status: null },
    billing_reason: of.reason,
    collection_method: of.collection_method,
    currency: 'usd',
    customer: of.customer,
    default_tax_rates: [],
    discounts: [],
    due_date: of.collection_method === 'send_invoice' ? at : null,
    issuer: { type: 'self' },
    lines: listOf(`/v1/invoices/${id}/lines`, []),
    livemode: store.livemode,
    metadata: {},
    parent: of.parent,
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: at,
    period_start: at,
    status: 'open',
    status_transitions: { finalized_at: at, marked_uncollectible_at: null, paid_at: null, voided_at: null },
  })
  emit('invoice.created', made)
  emit('invoice.finalized', made)
  return made
}

export function paid(invoice: Thing, emit: Emit, at: number): void {
  const total = Number(invoice.total)
  Object.assign(invoice, { status: 'paid' }, amounts(total, total))
  Object.assign(invoice.status_transitions as object, { paid_at: at })
  emit('invoice.paid', invoice)
  emit('invoice.payment_succeeded', invoice)
}

const amounts = (due: number, paid: number) => ({
  amount_due: due,
  amount_overpaid: 0,
  amount_paid: paid,
  amount_paid_off_stripe: 0,
  amount_remaining: due - paid,
  amount_shipping: 0,
  post_payment_credit_notes_amount: 0,
  pre_payment_credit_notes_amount: 0,
  starting_balance: 0,
  subtotal: due,
  total: due,
})
