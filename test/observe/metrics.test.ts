import { expect, test } from 'vitest'
import { createMetrics } from '#observe/metrics.ts'

function start(age = 1500) {
  return createMetrics({ version: '1.2.3', snapshotAgeMs: () => age, process: false })
}

test('says what was asked, answered and refused', async () => {
  const metrics = start()
  metrics.request('grpc', 'Check', 'OK')
  metrics.request('grpc', 'Check', 'OK')
  metrics.decided('grpc', 'Check', 0.0002)
  metrics.denied('NO_GRANT')
  metrics.asked('docs', true)
  metrics.evaluated('ok')
  metrics.tokenCache('hit')
  metrics.tokenRefused('expired')
  metrics.keyFetch('junk')
  metrics.claimsDropped('malformed', 3)
  metrics.journalDropped('decisions', 2)
  metrics.journalWriteFailed('security')
  metrics.feedLag(0.004)
  metrics.feedReloaded('gap')
  metrics.clockOffset(-300)
  metrics.clockStep(3600)
  metrics.dataRevision('t1', 41)
  metrics.bundleRefused()
  const text = await metrics.text()
  for (const line of [
    'vouchsafe_requests_total{door="grpc",verb="Check",code="OK"} 2',
    'vouchsafe_decision_duration_seconds_bucket{le="0.00025",door="grpc",verb="Check"} 1',
    'vouchsafe_denials_total{reason="NO_GRANT"} 1',
    'vouchsafe_entitlement_checks_total{entitlement="docs",allowed="true"} 1',
    'vouchsafe_evaluations_total{outcome="ok"} 1',
    'vouchsafe_token_cache_total{outcome="hit"} 1',
    'vouchsafe_tokens_refused_total{cause="expired"} 1',
    'vouchsafe_jwks_fetches_total{outcome="junk"} 1',
    'vouchsafe_claims_dropped_total{kind="malformed"} 3',
    'vouchsafe_journal_dropped_total{journal="decisions"} 2',
    'vouchsafe_journal_write_failures_total{journal="security"} 1',
    'vouchsafe_feed_lag_seconds 0.004',
    'vouchsafe_feed_reloads_total{cause="gap"} 1',
    'vouchsafe_clock_offset_seconds -300',
    'vouchsafe_clock_step_seconds 3600',
    'vouchsafe_data_revision{tenant="t1"} 41',
    'vouchsafe_bundle_refused_total 1',
    'vouchsafe_snapshot_age_seconds 1.5',
    'vouchsafe_build_info{version="1.2.3"',
  ]) {
    expect(text).toContain(line)
  }
})

test('S003-39 usage is counted by entitlement, and a flood of keys cannot grow it for ever', async () => {
  const metrics = start()
  for (let number = 0; number < 3000; number++) metrics.asked(`e${number}`, false)
  for (let number = 0; number < 1000; number++) metrics.denied(`team/R${number}`)
  for (let number = 0; number < 1000; number++) metrics.dataRevision(`t${number}`, number)
  const text = await metrics.text()
  expect(text.match(/^vouchsafe_entitlement_checks_total\{/gm)).toHaveLength(1001)
  expect(text).toContain('vouchsafe_entitlement_checks_total{entitlement="other",allowed="false"} 2000')
  expect(text.match(/^vouchsafe_denials_total\{/gm)).toHaveLength(201)
  expect(text.match(/^vouchsafe_data_revision\{/gm)).toHaveLength(501)
})

test('only the bundle in use is named', async () => {
  const metrics = start()
  metrics.bundleActive('r1')
  metrics.bundleActive('r2')
  const text = await metrics.text()
  expect(text).toContain('vouchsafe_bundle_info{revision="r2"} 1')
  expect(text).not.toContain('"r1"')
})

test('before the first load the age is -1, not a number nobody can read', async () => {
  expect(await start(Number.POSITIVE_INFINITY).text()).toContain('vouchsafe_snapshot_age_seconds -1')
})

test('V23 nothing of the command line or the environment is in it', async () => {
  const metrics = createMetrics({ version: '1', snapshotAgeMs: () => 0 })
  const text = await metrics.text()
  expect(text).toContain('vouchsafe_process_resident_memory_bytes')
  for (const value of [...process.argv.slice(1), process.env.HOME, process.cwd()]) {
    if (value !== undefined && value.length > 1) expect(text).not.toContain(value)
  }
})
