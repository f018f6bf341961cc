import type { Connection } from './connection.ts'
import { isPaid } from './fetch-checkouts.ts'
import { isOnce } from './fetch-invoices.ts'
import { pages } from './pages.ts'
import { idOf } from './read-sold.ts'

/** Lists of the account that tell who paid something once. */
export const purchaseLists = ['checkouts', 'invoices'] as const
export type PurchaseList = (typeof purchaseLists)[number]

/** A checkout that was completed, or a paid invoice of no subscription. */
export type PurchaseSeen = {
  readonly id: string
  /** "cus_…"; a guest's checkout stands for itself. */
  readonly customer: string
  readonly paid: boolean
}

export type PurchasePage = {
  /** What a pass that was cut off goes on after. */
  readonly last: string
  readonly purchases: readonly PurchaseSeen[]
}

export type PurchaseRange = {
  readonly after?: string
  /** Made not before, ms. */
  readonly since?: number
}

/** The newest first. Throws StripeFailure. */
export async function* allPurchases(
  { gate, stripe }: Connection,
  list: PurchaseList,
  { after, since }: PurchaseRange,
): AsyncGenerator<PurchasePage> {
  const made = since === undefined ? {} : { created: { gte: Math.floor(since / 1000) } }
  if (list === 'checkouts') {
    const found = pages(
      gate,
      'checkout.sessions.list',
      (cursor) => stripe.checkout.sessions.list({ status: 'complete', ...made, ...cursor }),
      after,
    )
    for await (const page of found)
      yield pageOf(
        page,
        page.map((session) => ({
          id: session.id,
          customer: idOf(session.customer) ?? (session.mode === 'payment' ? session.id : ''),
          paid: isPaid(session),
        })),
      )
  } else {
    const found = pages(
      gate,
      'invoices.list',
      (cursor) => stripe.invoices.list({ status: 'paid', ...made, ...cursor }),
      after,
    )
    for await (const page of found)
      yield pageOf(
        page,
        page.filter(isOnce).map(({ id, customer }) => ({ id, customer: idOf(customer) ?? '', paid: true })),
      )
  }
}

function pageOf(page: readonly { readonly id: string }[], all: readonly PurchaseSeen[]): PurchasePage {
  return { last: page.at(-1)?.id ?? '', purchases: all.filter(({ customer }) => customer !== '') }
}
