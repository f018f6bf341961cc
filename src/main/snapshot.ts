import type { Config } from '#config'
import type { Health } from '#observe/health.ts'
import type { Log } from '#observe/logger.ts'
import type { Metrics } from '#observe/metrics.ts'
import { openPool } from '#postgres/pool.ts'
import { startSnapshot } from '#snapshot/start-snapshot.ts'
import type { Database } from './open-database.ts'

type Needs = {
  readonly config: Pick<Config, 'pollIntervalMs'>
  readonly database: Database
  readonly log: Log
  readonly metrics: Metrics
  readonly health: Health
}

/** Loads the snapshot and follows the database from then on. */
export async function openSnapshot({ config, database, log, metrics, health }: Needs) {
  const running = startSnapshot({
    open: () => openPool({ url: database.url, max: 3 }),
    openListener: () => openPool({ url: database.directUrl, max: 1 }),
    log,
    metrics,
    pollMs: config.pollIntervalMs,
  })
  await running.ready
  health.snapshotLoaded()
  return { ...running, close: running.stop }
}
