import type { Stripe } from 'stripe'
import type { MoneyBack } from '#stripe/state.ts'
import type { Connection } from './connection.ts'
import { one } from './one.ts'
import { listAll } from './pages.ts'
import { together } from './together.ts'

const kept: MoneyBack = { refunded: 'none', disputed: 'none' }
/** Stripe's for a dispute that takes no money: an inquiry, or one that was won or headed off. */
const harmless = /^(warning_.*|won|prevented)$/

/** How much of a payment was given back, or is disputed; it was paid. */
export async function fetchMoneyBack(
  { gate, stripe }: Asking,
  payment: string | Stripe.PaymentIntent | null,
): Promise<MoneyBack> {
  if (payment === null) return kept
  const latest =
    typeof payment === 'object'
      ? payment.latest_charge
      : (
          await one(
            gate,
            'payment_intents.retrieve',
            'payment_intent',
            () => stripe.paymentIntents.retrieve(payment, { expand: ['latest_charge'] }),
            payment,
          )
        ).latest_charge
  return latest === null ? kept : ofCharge({ gate, stripe }, latest)
}

/** The same of a charge. */
export async function ofCharge({ gate, stripe }: Asking, asked: string | Stripe.Charge): Promise<MoneyBack> {
  const charge =
    typeof asked === 'object'
      ? asked
      : await one(gate, 'charges.retrieve', 'charge', () => stripe.charges.retrieve(asked), asked)
  const [refunded, disputed] = await together([
    charge.amount_refunded > 0 ? fetchRefunded({ gate, stripe }, charge) : kept.refunded,
    charge.disputed ? fetchDisputed({ gate, stripe }, charge.id) : kept.disputed,
  ])
  return { refunded, disputed }
}

type Asking = Pick<Connection, 'gate' | 'stripe'>

async function fetchRefunded(
  { gate, stripe }: Asking,
  charge: Stripe.Charge,
): Promise<MoneyBack['refunded']> {
  const refunds = await listAll(gate, 'refunds.list', (cursor) =>
    stripe.refunds.list({ charge: charge.id, ...cursor }),
  )
  const back = refunds
    .filter(({ status }) => status !== 'failed' && status !== 'canceled')
    .reduce((sum, { amount }) => sum + amount, 0)
  if (back === 0) return 'none'
  return back >= charge.amount_captured ? 'fully' : 'partly'
}

/** What is disputed of a charge. */
export async function fetchDisputed(
  { gate, stripe }: Asking,
  charge: string,
): Promise<MoneyBack['disputed']> {
  const disputes = await listAll(gate, 'disputes.list', (cursor) =>
    stripe.disputes.list({ charge, ...cursor }),
  )
  if (disputes.some(({ status }) => status === 'lost')) return 'lost'
  return disputes.some(({ status }) => !harmless.test(status)) ? 'open' : 'none'
}
