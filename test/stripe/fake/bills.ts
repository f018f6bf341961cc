import { createCharge } from './charges.ts'
import type { Events } from './events.ts'
import { finalized, paid } from './invoices.ts'
import type { Store } from './store.ts'
import type { Line } from './subscriptions.ts'

export type BillOptions = {
  /** Paid so: by a card as a rule, or in cash, which Stripe knows no payment of. */
  readonly by?: 'card' | 'cash'
  /** Fields of its lines, which have no parent of interest as a rule. */
  readonly line?: Readonly<Record<string, unknown>>
}

/** Invoices of no subscription: what is billed once. */
export function createBills(store: Store, { emit }: Events) {
  const { seconds } = store
  const of = (customer: unknown, amount: number) =>
    finalized(store, emit, {
      customer,
      collection_method: 'send_invoice',
      parent: null,
      reason: 'manual',
      amount,
    })
  const pay = (id: string, by: BillOptions['by'] = 'card'): void => {
    const invoice = store.get('invoice', id)
    const { customer } = invoice
    const amount = Number(invoice.total)
    if (by === 'card' && amount > 0) {
      const intent = createCharge(store, emit, { customer, amount, paid: true })
      const at = { canceled_at: null, paid_at: seconds() }
      store.add({
        id: store.newId('inpay'),
        object: 'invoice_payment',
        created: seconds(),
        amount_paid: amount,
        amount_requested: amount,
        currency: 'usd',
        invoice: id,
        is_default: true,
        livemode: store.livemode,
        payment: { type: 'payment_intent', payment_intent: intent },
        status: 'paid',
        status_transitions: at,
        _intent: intent,
      })
    }
    paid(invoice, emit, seconds())
  }
  const bill = (customer: string, lines: readonly Line[], options: BillOptions = {}): string => {
    const amountOf = ({ price, quantity = 1 }: Line) =>
      Number(store.get('price', price).unit_amount) * quantity
    const { id } = of(
      customer,
      lines.reduce((sum, line) => sum + amountOf(line), 0),
    )
    for (const { price, quantity = 1 } of lines) {
      const amount = amountOf({ price, quantity })
      const { product } = store.get('price', price)
      store.add({
        id: store.newId('il'),
        object: 'line_item',
        created: 0,
        amount,
        subtotal: amount,
        currency: 'usd',
        description: null,
        discountable: true,
        discounts: [],
        invoice: id,
        livemode: store.livemode,
        metadata: {},
        parent: null,
        period: { start: seconds(), end: seconds() },
        pricing: { type: 'price_details', price_details: { price, product }, unit_amount_decimal: null },
        quantity,
        ...options.line,
      })
    }
    return id
  }
  return {
    /** An invoice that waits to be paid. */
    bill,
    payBill: pay,
    /** An invoice that is paid. */
    billPaid: (customer: string, lines: readonly Line[], options: BillOptions = {}): string => {
      const id = bill(customer, lines, options)
      pay(id, options.by)
      return id
    },
    /** A credit note after it was paid, of all or of an amount: no money goes back by itself. */
    credit: (id: string, amount?: number): void => {
      const invoice = store.get('invoice', id)
      invoice.post_payment_credit_notes_amount = amount ?? invoice.total
    },
  }
}
