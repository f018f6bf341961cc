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
    const at = seconds()
    const id = store.newId('in')
    const made = store.add({
      id,
      object: 'invoice',
      created: at,
      ...amounts(1000, 0),
      attempt_count: 1,
      attempted: true,
      auto_advance: true,
      automatic_tax: { enabled: false, disabled_reason: null, liability: null, provider: null, status: null },
      billing_reason: 'subscription_cycle',
      collection_method,
      currency: 'usd',
      customer,
      default_tax_rates: [],
      discounts: [],
      due_date: collection_method === 'send_invoice' ? at : null,
      issuer: { type: 'self' },
      lines: listOf(`/v1/invoices/${id}/lines`, []),
      livemode: store.livemode,
      metadata: {},
      parent: {
        type: 'subscription_details',
        quote_details: null,
        subscription_details: { metadata: null, subscription },
      },
      payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
      period_end: at,
      period_start: at,
      status: 'open',
      status_transitions: { finalized_at: at, marked_uncollectible_at: null, paid_at: null, voided_at: null },
      _subscription: subscription,
    })
    emit('invoice.created', made)
    emit('invoice.finalized', made)
    store.get('subscription', subscription).latest_invoice = id
    return made
  }
  const settle = (invoice: Thing): void => {
    Object.assign(invoice, { status: 'paid' }, amounts(1000, 1000))
    Object.assign(invoice.status_transitions as object, { paid_at: seconds() })
    emit('invoice.paid', invoice)
    emit('invoice.payment_succeeded', invoice)
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
