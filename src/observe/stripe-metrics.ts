import { Counter, type Registry } from 'prom-client'
import { createBoundedLabels } from './bounded-labels.ts'

/** What arrives from Stripe. */
export function createStripeMetrics(registry: Registry) {
  const registers = [registry]
  const received = new Counter({
    name: 'vouchsafe_stripe_events_total',
    help: 'Events that were answered, by the first word of their type and by outcome: stored, duplicate, notice (of what is to come), ignored (changes no right), unknown.',
    labelNames: ['family', 'outcome'],
    registers,
  })
  const refused = new Counter({
    name: 'vouchsafe_stripe_refused_total',
    help: 'Deliveries that were not taken, by cause. "livemode" and "account" are events that are signed for an endpoint and not its own.',
    labelNames: ['cause'],
    registers,
  })
  const families = createBoundedLabels(100)
  return {
    stripeReceived: (type: string, outcome: string): void =>
      received.labels(families(type.replace(/\..*/, '')), outcome).inc(),
    stripeRefused: (cause: string): void => refused.labels(cause.replaceAll(' ', '_')).inc(),
  }
}
