import { createCharge } from './charges.ts'
import type { Events } from './events.ts'
import type { Store } from './store.ts'

/** What was paid for a period of a subscription: made when a test asks for it, for seldom anything becomes of it. */
export function createPeriods(store: Store, { emit }: Events) {
  return {
    /** The charge of a subscription's newest invoice that is paid; undefined: nothing was paid. */
    chargeOfPeriod: (subscription: string): string | undefined => {
      const invoice = store
        .all('invoice')
        .findLast((each) => each._subscription === subscription && each.status === 'paid')
      if (!invoice) return undefined
      const known = store.all('invoice_payment').find((each) => each.invoice === invoice.id)
      const amount = Number(invoice.total)
      const intent =
        known?._intent ?? createCharge(store, emit, { customer: invoice.customer, amount, paid: true })
      if (!known)
        store.add({
          id: store.newId('inpay'),
          object: 'invoice_payment',
          created: store.seconds(),
          amount_paid: amount,
          amount_requested: amount,
          currency: 'usd',
          invoice: invoice.id,
          is_default: true,
          livemode: store.livemode,
          payment: { type: 'payment_intent', payment_intent: intent },
          status: 'paid',
          status_transitions: { canceled_at: null, paid_at: store.seconds() },
          _intent: intent,
        })
      return store.all('charge').find((each) => each.payment_intent === intent)?.id
    },
  }
}
