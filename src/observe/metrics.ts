import { collectDefaultMetrics, Registry } from 'prom-client'
import { createDecisionMetrics } from './decision-metrics.ts'
import { createFeedMetrics } from './feed-metrics.ts'
import { createIdentityMetrics } from './identity-metrics.ts'
import { createJournalMetrics } from './journal-metrics.ts'
import { createStripeMetrics } from './stripe-metrics.ts'
import { createStripeWorkMetrics } from './stripe-work-metrics.ts'

type Settings = {
  readonly version: string
  /** Milliseconds; Infinity before the first load. */
  readonly snapshotAgeMs: () => number
  /** Whether to add the process's own metrics (memory, event loop). Default true. */
  readonly process?: boolean
}

export type Metrics = ReturnType<typeof createMetrics>

/** All metrics of one process, in a registry of their own. Nothing of the command line or environment is in them. */
export function createMetrics(settings: Settings) {
  const registry = new Registry()
  if (settings.process !== false) collectDefaultMetrics({ register: registry, prefix: 'vouchsafe_' })
  return {
    ...createDecisionMetrics(registry),
    ...createIdentityMetrics(registry),
    ...createJournalMetrics(registry),
    ...createFeedMetrics(registry, settings),
    ...createStripeMetrics(registry),
    ...createStripeWorkMetrics(registry),
    contentType: registry.contentType,
    text: (): Promise<string> => registry.metrics(),
  }
}
