import type { Stripe } from 'stripe'
import type { Checkout, Sold } from '#stripe/state.ts'
import type { Connection } from './connection.ts'
import { demandMode } from './demand-mode.ts'
import { fetchMoneyBack } from './fetch-money-back.ts'
import { mapFew } from './map-few.ts'
import { one } from './one.ts'
import { listAll } from './pages.ts'
import { given, idOf, ms, readSold, written } from './read-sold.ts'
import { together } from './together.ts'

const parts = ['line_items', 'payment_intent.latest_charge']

/** All checkouts that a customer completed. */
export async function fetchCheckouts(connection: Connection, customer: string): Promise<Checkout[]> {
  const { gate, stripe } = connection
  const expand = parts.map((part) => `data.${part}`)
  const found = await listAll(gate, 'checkout.sessions.list', (cursor) =>
    stripe.checkout.sessions.list({ customer, status: 'complete', expand, ...cursor }),
  )
  return mapFew(found, (session) => readCheckout(connection, session))
}

/** A guest's checkout; undefined: it is not completed. */
export async function fetchCheckout(connection: Connection, id: string): Promise<Checkout | undefined> {
  const { account, gate, stripe } = connection
  const operation = 'checkout.sessions.retrieve'
  const send = () => stripe.checkout.sessions.retrieve(id, { expand: parts })
  const session = await one(gate, operation, 'checkout.session', send, id)
  demandMode(account, operation, session.livemode)
  return session.status === 'complete' ? readCheckout(connection, session) : undefined
}

async function readCheckout(connection: Connection, session: Stripe.Checkout.Session): Promise<Checkout> {
  const paid = isPaid(session)
  const once = session.mode === 'payment'
  const [lines, back] = await together([
    session.mode === 'setup' ? [] : allLines(connection, session),
    fetchMoneyBack(connection, once && paid ? session.payment_intent : null),
  ])
  const { metadata_key } = connection.account
  return {
    id: session.id,
    mode: session.mode,
    created: ms(session.created),
    paid,
    ...given('reference', written(session.client_reference_id)),
    ...given('subscription', idOf(session.subscription)),
    ...given('invoice', once ? idOf(session.invoice) : undefined),
    ...given('named', metadata_key === undefined ? undefined : written(session.metadata?.[metadata_key])),
    lines,
    ...back,
  }
}

export function isPaid({ payment_status: status }: Stripe.Checkout.Session): boolean {
  return status === 'paid' || status === 'no_payment_required'
}

async function allLines({ gate, stripe }: Connection, session: Stripe.Checkout.Session): Promise<Sold[]> {
  const first = session.line_items
  const all =
    first && !first.has_more
      ? first.data
      : await listAll(gate, 'checkout.sessions.listLineItems', (cursor) =>
          stripe.checkout.sessions.listLineItems(session.id, cursor),
        )
  // What renews is the subscription's own.
  const bought = session.mode === 'payment' ? all : all.filter(({ price }) => price?.type === 'one_time')
  return bought.flatMap(({ price, quantity }) => (price ? [readSold(price, quantity)] : []))
}
