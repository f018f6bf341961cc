import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { createBoundedLabels } from './bounded-labels.ts'

type Backlog = {
  readonly marks: Readonly<Record<string, number>>
  readonly oldestSeconds: number
  readonly alerts: Readonly<Record<string, number>>
  readonly accounts: readonly {
    readonly key: string
    readonly sweptSeconds?: number
    readonly reconciledSeconds?: number
    readonly importedSeconds?: number
  }[]
  readonly remaps: number
}

/** What is made of it: how far Stripe and we are apart. Outcomes, states and codes are closed lists. */
export function createStripeWorkMetrics(registry: Registry) {
  const registers = [registry]
  const marks = new Gauge({
    name: 'vouchsafe_stripe_marks',
    help: 'Customers to be fetched from Stripe, of all nodes: waiting, unbound (nobody is bound to them), dead (given up).',
    labelNames: ['state'],
    registers,
  })
  const oldest = new Gauge({
    name: 'vouchsafe_stripe_oldest_mark_seconds',
    help: 'How long the oldest of the customers waits that are to be fetched; 0 where none does.',
    registers,
  })
  const alerts = new Gauge({
    name: 'vouchsafe_stripe_alerts',
    help: 'Customers who bought something that gives no right and maybe should, by code, such as PRICE_UNMAPPED.',
    labelNames: ['code'],
    registers,
  })
  const swept = new Gauge({
    name: 'vouchsafe_stripe_sweep_age_seconds',
    help: 'Since events that were not delivered were last looked for; -1: never.',
    labelNames: ['account'],
    registers,
  })
  const reconciled = new Gauge({
    name: 'vouchsafe_stripe_reconcile_age_seconds',
    help: 'Since all subscriptions were last compared with those at Stripe; -1: never.',
    labelNames: ['account'],
    registers,
  })
  const imported = new Gauge({
    name: 'vouchsafe_stripe_import_age_seconds',
    help: 'Since all that was paid once was last compared with what is at Stripe; -1: never.',
    labelNames: ['account'],
    registers,
  })
  const remaps = new Gauge({
    name: 'vouchsafe_stripe_remaps',
    help: 'Prices and rules that changed, and are being applied to those who bought before.',
    registers,
  })
  const applied = new Histogram({
    name: 'vouchsafe_stripe_applied_seconds',
    help: 'From the receipt of an event to answers of this process that reflect it.',
    buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600],
    registers,
  })
  const synced = new Counter({
    name: 'vouchsafe_stripe_syncs_total',
    help: 'Customers that were fetched, by outcome: applied, unchanged, unbound, moved and nobody (whose it is was found out), failed, dead.',
    labelNames: ['outcome'],
    registers,
  })
  const requests = new Counter({
    name: 'vouchsafe_stripe_requests_total',
    help: 'Requests to Stripe, by what was asked and outcome: ok, unavailable, limited, refused, missing; also those that were not sent for it does not answer or was asked too often.',
    labelNames: ['operation', 'outcome'],
    registers,
  })
  const seconds = new Histogram({
    name: 'vouchsafe_stripe_request_seconds',
    help: 'How long requests to Stripe took, with the wait for their turn.',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  })
  const budget = new Gauge({
    name: 'vouchsafe_stripe_budget',
    help: 'Requests that this node may send to an account at once.',
    labelNames: ['account'],
    registers,
  })
  const skew = new Gauge({
    name: 'vouchsafe_stripe_clock_offset_seconds',
    help: "How far Stripe's clock is ahead of this machine's, to the second.",
    registers,
  })
  const accountLabel = createBoundedLabels(500)
  return {
    stripeSynced: (outcome: string): void => synced.labels(outcome).inc(),
    stripeApplied: (age: number): void => applied.observe(age),
    stripeRequested(operation: string, outcome: string, took: number): void {
      requests.labels(operation, outcome).inc()
      seconds.observe(took)
    },
    stripeBudget: (account: string, left: number): void => budget.labels(accountLabel(account)).set(left),
    stripeSkewed: (ms: number): void => skew.set(ms / 1000),
    stripeBacklog(backlog: Backlog): void {
      for (const state of ['waiting', 'unbound', 'dead']) marks.labels(state).set(backlog.marks[state] ?? 0)
      oldest.set(backlog.oldestSeconds)
      alerts.reset()
      for (const [code, count] of Object.entries(backlog.alerts)) alerts.labels(code).set(count)
      swept.reset()
      reconciled.reset()
      imported.reset()
      remaps.set(backlog.remaps)
      for (const { key, sweptSeconds, reconciledSeconds, importedSeconds } of backlog.accounts) {
        swept.labels(accountLabel(key)).set(sweptSeconds ?? -1)
        reconciled.labels(accountLabel(key)).set(reconciledSeconds ?? -1)
        imported.labels(accountLabel(key)).set(importedSeconds ?? -1)
      }
    },
  }
}
