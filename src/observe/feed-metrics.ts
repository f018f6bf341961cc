import { Counter, Gauge, type Registry } from 'prom-client'
import { createBoundedLabels } from './bounded-labels.ts'

type Settings = { readonly version: string; readonly snapshotAgeMs: () => number }

/** How fresh this node is and what it runs. */
export function createFeedMetrics(registry: Registry, settings: Settings) {
  const registers = [registry]
  const lag = new Gauge({
    name: 'vouchsafe_feed_lag_seconds',
    help: 'From the commit of the last applied change to its being served.',
    registers,
  })
  const revision = new Gauge({
    name: 'vouchsafe_data_revision',
    help: 'Revision served, by tenant. Tenants beyond the first 500 count as "other".',
    labelNames: ['tenant'],
    registers,
  })
  const reloads = new Counter({
    name: 'vouchsafe_feed_reloads_total',
    help: 'Full reloads of a tenant, by cause.',
    labelNames: ['cause'],
    registers,
  })
  const clockOffset = new Gauge({
    name: 'vouchsafe_clock_offset_seconds',
    help: "How far the database's clock, by which rights begin and end, is ahead of this machine's.",
    registers,
  })
  const clockStep = new Gauge({
    name: 'vouchsafe_clock_step_seconds',
    help: "By how much the database's clock was set and is not followed; 0 where there is no such step.",
    registers,
  })
  const bundle = new Gauge({
    name: 'vouchsafe_bundle_info',
    help: '1 for the revision of the bundle in use.',
    labelNames: ['revision'],
    registers,
  })
  const bundleFailures = new Counter({
    name: 'vouchsafe_bundle_refused_total',
    help: 'Bundles refused, the old one kept.',
    registers,
  })
  new Gauge({
    name: 'vouchsafe_snapshot_age_seconds',
    help: 'Since the start of the last successful poll; -1 before the first load.',
    registers,
    collect() {
      const age = settings.snapshotAgeMs()
      this.set(Number.isFinite(age) ? age / 1000 : -1)
    },
  })
  new Gauge({
    name: 'vouchsafe_build_info',
    help: '1, with the version and the runtime as labels.',
    labelNames: ['version', 'runtime'],
    registers,
  })
    .labels(settings.version, process.version)
    .set(1)
  const bulky = new Counter({
    name: 'vouchsafe_bulk_changes_total',
    help: 'Changes of as many rows as VOUCHSAFE_BULKY_CHANGE or more, as this node saw them.',
    registers,
  })
  const tenantLabel = createBoundedLabels(500)
  return {
    feedLag: (seconds: number): void => lag.set(seconds),
    dataRevision: (tenant: string, value: number): void => revision.labels(tenantLabel(tenant)).set(value),
    feedReloaded: (cause: string): void => reloads.labels(cause).inc(),
    clockOffset: (seconds: number): void => clockOffset.set(seconds),
    clockStep: (seconds: number): void => clockStep.set(seconds),
    bundleActive(name: string): void {
      bundle.reset()
      bundle.labels(name).set(1)
    },
    bulkyChange: (): void => bulky.inc(),
    bundleRefused: (): void => bundleFailures.inc(),
  }
}
