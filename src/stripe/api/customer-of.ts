import type { Connection } from './connection.ts'
import { one } from './one.ts'
import { listAll } from './pages.ts'
import { idOf } from './read-sold.ts'
import { StripeFailure } from './stripe-failure.ts'

type Reference = string | { readonly id: string } | null | undefined
type Ask = (connection: Connection, id: string) => Promise<string | undefined>

const ofCharge: Ask = async (connection, id) => {
  const { gate, stripe } = connection
  const charge = await one(gate, 'charges.retrieve', 'charge', () => stripe.charges.retrieve(id), id)
  return idOf(charge.customer) ?? ofPayment(connection, charge.payment_intent)
}

const ofIntent: Ask = async (connection, id) => {
  const { gate, stripe } = connection
  const intent = await one(
    gate,
    'payment_intents.retrieve',
    'payment_intent',
    () => stripe.paymentIntents.retrieve(id),
    id,
  )
  return idOf(intent.customer) ?? ofPayment(connection, id)
}

/** A payment without a customer is a guest's: its checkout stands for itself. */
async function ofPayment({ gate, stripe }: Connection, payment: Reference): Promise<string | undefined> {
  const payment_intent = idOf(payment)
  if (payment_intent === undefined) return undefined
  const [session] = await listAll(gate, 'checkout.sessions.list', (cursor) =>
    stripe.checkout.sessions.list({ payment_intent, ...cursor }),
  )
  return session && (idOf(session.customer) ?? session.id)
}

const ofDispute: Ask = async (connection, id) => {
  const { gate, stripe } = connection
  const { charge } = await one(gate, 'disputes.retrieve', 'dispute', () => stripe.disputes.retrieve(id), id)
  return ofCharge(connection, idOf(charge) ?? '')
}

const ofRefund: Ask = async (connection, id) => {
  const { gate, stripe } = connection
  const refund = await one(gate, 'refunds.retrieve', 'refund', () => stripe.refunds.retrieve(id), id)
  const charge = idOf(refund.charge)
  if (charge !== undefined) return ofCharge(connection, charge)
  const intent = idOf(refund.payment_intent)
  return intent === undefined ? undefined : ofIntent(connection, intent)
}

/** A guest's that was not completed, or sold nothing, will never give anybody a right. */
const ofSession: Ask = async ({ gate, stripe }, id) => {
  const send = () => stripe.checkout.sessions.retrieve(id)
  const session = await one(gate, 'checkout.sessions.retrieve', 'checkout.session', send, id)
  const sold = session.status === 'complete' && session.mode === 'payment'
  return idOf(session.customer) ?? (sold ? id : undefined)
}

const ofSubscription: Ask = async ({ gate, stripe }, id) => {
  const send = () => stripe.subscriptions.retrieve(id)
  return idOf((await one(gate, 'subscriptions.retrieve', 'subscription', send, id)).customer)
}

const ofSchedule: Ask = async ({ gate, stripe }, id) => {
  const send = () => stripe.subscriptionSchedules.retrieve(id)
  return idOf(
    (await one(gate, 'subscription_schedules.retrieve', 'subscription_schedule', send, id)).customer,
  )
}

const ofItem: Ask = async (connection, id) => {
  const { gate, stripe } = connection
  const send = () => stripe.subscriptionItems.retrieve(id)
  const item = await one(gate, 'subscription_items.retrieve', 'subscription_item', send, id)
  return ofSubscription(connection, item.subscription)
}

const ofInvoice: Ask = async ({ gate, stripe }, id) => {
  const send = () => stripe.invoices.retrieve(id)
  return idOf((await one(gate, 'invoices.retrieve', 'invoice', send, id)).customer)
}

const ofCreditNote: Ask = async ({ gate, stripe }, id) => {
  const send = () => stripe.creditNotes.retrieve(id)
  return idOf((await one(gate, 'credit_notes.retrieve', 'credit_note', send, id)).customer)
}

const asks: Readonly<Record<string, Ask>> = {
  cus: async (_connection, id) => id,
  ch: ofCharge,
  py: ofCharge,
  pi: ofIntent,
  dp: ofDispute,
  du: ofDispute,
  re: ofRefund,
  pyr: ofRefund,
  cs: ofSession,
  sub: ofSubscription,
  sub_sched: ofSchedule,
  si: ofItem,
  in: ofInvoice,
  cn: ofCreditNote,
}

/**
 * Whose something is: "cus_…", or "cs_…" of a guest. Undefined: it concerns nobody. Throws StripeFailure, also for an id of
 * a kind that is not known: Stripe invents new ones, and nobody's purchase is to be lost by that.
 */
export async function customerOf(connection: Connection, object: string): Promise<string | undefined> {
  const prefix = object.startsWith('sub_sched_') ? 'sub_sched' : object.slice(0, object.indexOf('_'))
  const ask = Object.hasOwn(asks, prefix) ? asks[prefix] : undefined
  if (ask === undefined) throw new StripeFailure('refused', 'it is not known whose such a thing is')
  return ask(connection, object)
}
