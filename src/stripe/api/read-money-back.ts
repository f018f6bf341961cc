import type { Stripe } from 'stripe'
import type { Connection } from './connection.ts'
import { pages } from './pages.ts'
import { idOf, ms } from './read-sold.ts'

/** A refund or a dispute. */
export type MoneyBackSeen = {
  /** "re_…" or "dp_…" */
  readonly id: string
  /** Absent of a guest's payment. */
  readonly customer?: string
  /** ms. */
  readonly created: number
}

/** What was given back or disputed since a time (ms), whoever's it is; page by page. Throws StripeFailure. */
export async function* allMoneyBack(
  { gate, stripe }: Connection,
  since: number,
): AsyncGenerator<readonly MoneyBackSeen[]> {
  const asked = { created: { gte: Math.floor(since / 1000) }, expand: ['data.charge'] }
  const refunds = pages(gate, 'refunds.list', (cursor) => stripe.refunds.list({ ...asked, ...cursor }))
  for await (const page of refunds) yield page.map(read)
  const disputes = pages(gate, 'disputes.list', (cursor) => stripe.disputes.list({ ...asked, ...cursor }))
  for await (const page of disputes) yield page.map(read)
}

function read({ id, charge, created }: Stripe.Refund | Stripe.Dispute): MoneyBackSeen {
  const customer = typeof charge === 'object' ? idOf(charge?.customer) : undefined
  return { id, created: ms(created), ...(customer !== undefined && { customer }) }
}
