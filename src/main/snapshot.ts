import type { Config } from '#config'
import type { SecurityLog } from '#journal/security-log.ts'
import type { Health } from '#observe/health.ts'
import type { Log } from '#observe/logger.ts'
import type { Metrics } from '#observe/metrics.ts'
import { openPool } from '#postgres/pool.ts'
import { startSnapshot } from '#snapshot/start-snapshot.ts'
import type { Database } from './open-database.ts'

type Needs = {
  readonly config: Pick<Config, 'pollIntervalMs' | 'bulkyChange'>
  readonly database: Database
  readonly log: Log
  readonly metrics: Metrics
  readonly health: Health
  readonly security?: SecurityLog
}

/** Loads the snapshot and follows the database from then on. */
export async function openSnapshot({ config, database, log, metrics, health, security }: Needs) {
  const running = startSnapshot({
    open: () => openPool({ url: database.url, max: 3 }),
    openListener: () => openPool({ url: database.directUrl, max: 1 }),
    log,
    metrics,
    pollMs: config.pollIntervalMs,
    bulkyChange: config.bulkyChange,
    onBulky({ tenant_id: tenant, at, actor, action, cause, effects, revision }) {
      metrics.bulkyChange()
      security?.push({
        at,
        kind: 'bulk_change',
        reason: action ?? 'erased',
        door: 'feed',
        route: action ?? 'erased',
        tenant,
        ...(actor !== null && { caller: actor }),
        ...(cause !== null && { trace_id: cause }),
        effects,
        revision,
      })
    },
  })
  await running.ready
  health.snapshotLoaded()
  return { ...running, close: running.stop }
}
