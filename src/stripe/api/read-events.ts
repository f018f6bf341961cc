import { type Envelope, envelopeOf } from '#stripe/envelope.ts'
import type { Connection } from './connection.ts'
import { pages } from './pages.ts'

/**
 * The events since a time (ms) that an endpoint did not take, the newest first: which comes first does not matter, and after
 * a long outage there are more than should be held. Stripe keeps them for 30 days. Throws StripeFailure.
 */
export async function* undeliveredEvents(
  { gate, stripe }: Connection,
  since: number,
): AsyncGenerator<Envelope> {
  const created = { gte: Math.floor(since / 1000) }
  const all = pages(gate, 'events.list', (cursor) =>
    stripe.events.list({ delivery_success: false, created, ...cursor }),
  )
  for await (const page of all) yield* page.map(envelopeOf).filter((envelope) => envelope !== undefined)
}
