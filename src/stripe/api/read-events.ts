import { type Envelope, envelopeOf } from '#stripe/envelope.ts'
import type { Connection } from './connection.ts'
import { pages } from './pages.ts'

/**
 * The events since a time (ms) that an endpoint did not take, oldest first. Stripe keeps them for 30 days and lists the
 * newest first, so all are read before the first is given. Throws StripeFailure.
 */
export async function* undeliveredEvents(
  { gate, stripe }: Connection,
  since: number,
): AsyncGenerator<Envelope> {
  const created = { gte: Math.floor(since / 1000) }
  const found: Envelope[] = []
  const all = pages(gate, 'events.list', (cursor) =>
    stripe.events.list({ delivery_success: false, created, ...cursor }),
  )
  for await (const page of all)
    for (const event of page) {
      const envelope = envelopeOf(event)
      if (envelope) found.push(envelope)
    }
  yield* found.reverse()
}
