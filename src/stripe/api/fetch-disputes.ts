import type { Stripe } from 'stripe'
import { stands } from '#stripe/project/standing.ts'
import type { Subscription } from '#stripe/state.ts'
import type { Connection } from './connection.ts'
import { fetchDisputed } from './fetch-money-back.ts'
import { finalizedAt, hasCost, newestPaid } from './fetch-subscriptions.ts'
import { mapFew } from './map-few.ts'
import { listAll, pages } from './pages.ts'
import { idOf } from './read-sold.ts'

/** Whoever pays very often would cost too much: of the newest it is known well enough. */
const mostCharges = 1000

type Found = {
  readonly invoice: Stripe.Invoice
  readonly subscription: string
  readonly disputed: NonNullable<Subscription['disputed']>
}

/** Subscriptions with what of those that stand is disputed, or was lost and nothing was paid for them since. */
export async function withDisputes(
  connection: Connection,
  customer: string,
  subscriptions: readonly Subscription[],
): Promise<readonly Subscription[]> {
  const standing = subscriptions.filter(stands)
  if (standing.length === 0) return subscriptions
  const { gate, stripe } = connection
  const created = { gte: Math.floor(Math.min(...standing.map((one) => one.created)) / 1000) }
  const disputed: Stripe.Charge[] = []
  let count = 0
  const newestFirst = pages(gate, 'charges.list', (cursor) =>
    stripe.charges.list({ customer, created, ...cursor }),
  )
  for await (const page of newestFirst) {
    disputed.push(...page.filter((charge) => charge.disputed))
    count += page.length
    if (count >= mostCharges) break
  }
  const found = (await mapFew(disputed, (charge) => paidBy(connection, charge))).flat()
  return mapFew(subscriptions, async (one) => {
    const own = found.filter(({ subscription }) => subscription === one.id)
    return own.length > 0 && stands(one) ? { ...one, ...(await disputeOf(connection, one, own)) } : one
  })
}

async function disputeOf(
  connection: Connection,
  { id }: Subscription,
  found: readonly Found[],
): Promise<Pick<Subscription, 'disputed'>> {
  if (found.some(({ disputed }) => disputed === 'open')) return { disputed: 'open' }
  // Where there was nothing to pay nothing was paid again.
  const paid = await newestPaid(connection, id, hasCost)
  const isLast = ({ invoice }: Found) =>
    paid === undefined || invoice.id === paid.id || finalizedAt(invoice) > finalizedAt(paid)
  return found.some(isLast) ? { disputed: 'lost' } : {}
}

/** What a charge paid of subscriptions, where it is disputed. */
async function paidBy(connection: Connection, charge: Stripe.Charge): Promise<readonly Found[]> {
  const { gate, stripe } = connection
  const disputed = await fetchDisputed(connection, charge.id)
  if (disputed === 'none') return []
  const intent = idOf(charge.payment_intent)
  const payment =
    intent === undefined
      ? ({ type: 'charge', charge: charge.id } as const)
      : ({ type: 'payment_intent', payment_intent: intent } as const)
  const payments = await listAll(gate, 'invoice_payments.list', (cursor) =>
    stripe.invoicePayments.list({ payment, expand: ['data.invoice'], ...cursor }),
  )
  return payments.flatMap(({ invoice }) => {
    if (typeof invoice === 'string' || invoice.deleted) return []
    const subscription = idOf(invoice.parent?.subscription_details?.subscription)
    return subscription === undefined ? [] : [{ invoice, subscription, disputed }]
  })
}
