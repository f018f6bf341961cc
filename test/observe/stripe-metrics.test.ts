import { expect, test } from 'vitest'
import { createMetrics } from '#observe/metrics.ts'

test('says how far Stripe and we are apart', async () => {
  const metrics = createMetrics({ version: '1.2.3', snapshotAgeMs: () => 0, process: false })
  metrics.stripeSynced('applied')
  metrics.stripeApplied(0.04)
  metrics.stripeRequested('subscriptions.list', 'unavailable', 0.2)
  metrics.stripeBudget('shop', 19)
  metrics.stripeSkewed(-2000)
  metrics.stripeBacklog({
    marks: { dead: 1 },
    oldestSeconds: 0,
    alerts: { STATUS_UNKNOWN: 1 },
    accounts: [],
    remaps: 1,
  })
  metrics.stripeBacklog({
    marks: { waiting: 3, unbound: 2 },
    oldestSeconds: 12.5,
    alerts: { PRICE_UNMAPPED: 4 },
    accounts: [{ key: 'shop', sweptSeconds: 60, importedSeconds: 70 }],
    remaps: 2,
  })
  const text = await metrics.text()
  for (const line of [
    'vouchsafe_stripe_syncs_total{outcome="applied"} 1',
    'vouchsafe_stripe_applied_seconds_bucket{le="0.05"} 1',
    'vouchsafe_stripe_requests_total{operation="subscriptions.list",outcome="unavailable"} 1',
    'vouchsafe_stripe_request_seconds_count 1',
    'vouchsafe_stripe_budget{account="shop"} 19',
    'vouchsafe_stripe_clock_offset_seconds -2',
    'vouchsafe_stripe_marks{state="waiting"} 3',
    'vouchsafe_stripe_marks{state="unbound"} 2',
    'vouchsafe_stripe_marks{state="dead"} 0',
    'vouchsafe_stripe_oldest_mark_seconds 12.5',
    'vouchsafe_stripe_alerts{code="PRICE_UNMAPPED"} 4',
    'vouchsafe_stripe_sweep_age_seconds{account="shop"} 60',
    'vouchsafe_stripe_reconcile_age_seconds{account="shop"} -1',
    'vouchsafe_stripe_import_age_seconds{account="shop"} 70',
    'vouchsafe_stripe_remaps 2',
  ])
    expect(text.split('\n')).toContain(line)
  // What is over is not shown any more.
  expect(text).not.toContain('STATUS_UNKNOWN')
})
