import type { Stripe } from 'stripe'
import type { Invoice, MoneyBack, Sold } from '#stripe/state.ts'
import type { Connection } from './connection.ts'
import { fetchMoneyBack, ofCharge } from './fetch-money-back.ts'
import { mapFew } from './map-few.ts'
import { listAll } from './pages.ts'
import { given, ms, readSold } from './read-sold.ts'
import { together } from './together.ts'

/** A customer's invoices that are paid and no subscription's; a checkout may have made some of them. */
export async function listOnce(
  { gate, stripe }: Connection,
  customer: string,
): Promise<readonly Stripe.Invoice[]> {
  const found = await listAll(gate, 'invoices.list', (cursor) =>
    stripe.invoices.list({ customer, status: 'paid', ...cursor }),
  )
  return found.filter(isOnce)
}

/** What renews is on invoices of subscriptions, which say nothing that a subscription does not. */
export function isOnce({ parent }: Stripe.Invoice): boolean {
  return parent?.type !== 'subscription_details'
}

export function paidAt({ status_transitions, created }: Stripe.Invoice): number {
  return ms(status_transitions.paid_at ?? created)
}

export async function readInvoice(connection: Connection, invoice: Stripe.Invoice): Promise<Invoice> {
  const [lines, back] = await together([allLines(connection, invoice), allBack(connection, invoice)])
  return { id: invoice.id, paid_at: paidAt(invoice), lines, ...back }
}

async function allLines({ gate, stripe }: Connection, { id }: Stripe.Invoice): Promise<Sold[]> {
  const all = await listAll(gate, 'invoices.listLineItems', (cursor) =>
    stripe.invoices.listLineItems(id, { expand: ['data.pricing.price_details.price'], ...cursor }),
  )
  return all.filter(isSold).flatMap(({ pricing, quantity }) => {
    const { price, product } = pricing?.price_details ?? {}
    if (price === undefined) return []
    return [{ ...readSold(price, quantity), ...given('product', product) }]
  })
}

/** What is billed beside a subscription, as for part of a period, is the subscription's; what is credited was not sold. */
function isSold({ amount, parent }: Stripe.InvoiceLineItem): boolean {
  const item = parent?.invoice_item_details
  return (
    parent?.type !== 'subscription_item_details' && !item?.proration && !item?.subscription && amount >= 0
  )
}

/** Paid by one payment as a rule, and by none where there was nothing to pay or the money came otherwise. */
async function allBack(connection: Connection, invoice: Stripe.Invoice): Promise<MoneyBack> {
  const { gate, stripe } = connection
  const payments = await listAll(gate, 'invoice_payments.list', (cursor) =>
    stripe.invoicePayments.list({ invoice: invoice.id, status: 'paid', expand: [charges], ...cursor }),
  )
  const backs = await mapFew(payments, ({ payment }) => {
    const { charge, payment_intent = null } = payment
    return charge ? ofCharge(connection, charge) : fetchMoneyBack(connection, payment_intent)
  })
  return { refunded: refundedOf(invoice, backs), disputed: worst(backs) }
}

const charges = 'data.payment.payment_intent.latest_charge'

/** A credit note after the payment says that what was sold is taken back, whichever way the money goes. */
function refundedOf(
  { total, post_payment_credit_notes_amount: credited }: Stripe.Invoice,
  backs: readonly MoneyBack[],
) {
  const allBack = backs.length > 0 && backs.every(({ refunded }) => refunded === 'fully')
  if (allBack || (credited > 0 && credited >= total)) return 'fully'
  return credited > 0 || backs.some(({ refunded }) => refunded !== 'none') ? 'partly' : 'none'
}

function worst(backs: readonly MoneyBack[]): MoneyBack['disputed'] {
  const all = backs.map(({ disputed }) => disputed)
  if (all.includes('lost')) return 'lost'
  return all.includes('open') ? 'open' : 'none'
}
