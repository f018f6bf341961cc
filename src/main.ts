// Boot and shutdown in their order: the only place that builds parts and hands them over.
import { randomUUIDv7 } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '#config'
import type { RevisionToken } from '#core/revision.ts'
import { openBundle } from '#main/bundle.ts'
import { openBundleHistory } from '#main/bundle-history.ts'
import { keptSecret, openDataFolder } from '#main/data-folder.ts'
import { loadDemo } from '#main/demo.ts'
import { openDoors } from '#main/doors.ts'
import { openHeadLog } from '#main/head-log.ts'
import { openDatabase } from '#main/open-database.ts'
import { type OperatorKey, openOperatorKey } from '#main/operator-key.ts'
import { openOpsDoor } from '#main/ops-door.ts'
import { createRecorder } from '#main/recorder.ts'
import { createRpcNeeds } from '#main/rpc-needs.ts'
import { openSnapshot } from '#main/snapshot.ts'
import { openStripe } from '#main/stripe.ts'
import { createHealth } from '#observe/health.ts'
import { createLogger } from '#observe/logger.ts'
import { createMetrics } from '#observe/metrics.ts'

export type StartOptions = {
  /** Told what the operator should know, one sentence at a time. */
  readonly notice: (text: string) => void
  /** Compile these policies and swap them as they are edited, instead of following the bundle's file. */
  readonly policies?: string
  /** Aborted while it starts: it stops what it has started, and throws. */
  readonly signal?: AbortSignal
}

export type Running = {
  /** host:port */
  readonly grpc: string
  readonly http: string
  readonly ops: string
  /** The bundle's revision. */
  readonly bundle: string
  readonly operatorKey: OperatorKey
  readonly demo: boolean
  /** Finishes what is in flight and leaves no process. */
  readonly stop: () => Promise<void>
}

/** How long a change that Stripe led to is waited for, to be counted. */
const visibleMs = 10_000

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'))

/** Starts everything, or throws having stopped what was started. */
export async function startVouchsafe(config: Config, options: StartOptions): Promise<Running> {
  const { notice, policies, signal } = options
  const closers: (() => Promise<void> | void)[] = []
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  const closing = <T extends { readonly close: () => Promise<void> | void }>(part: T): T => {
    closers.push(part.close)
    signal?.throwIfAborted()
    return part
  }

  try {
    await openDataFolder(config.data)
    const log = createLogger({ level: config.logLevel, secrets: secretsOf(config) })
    let ageMs = () => Number.POSITIVE_INFINITY
    let databaseAnswers = () => false
    let webhookOpen = () => false
    const metrics = createMetrics({ version, snapshotAgeMs: () => ageMs() })
    const health = createHealth({ ageMs: () => ageMs(), softBoundMs: config.softStalenessMs })
    const integrations = () => ({
      db: databaseAnswers(),
      stripe_webhook: webhookOpen(),
      keycloak_sync: config.keycloak,
    })
    const ops = closing(
      await openOpsDoor({ health, metrics, log, integrations, newId: randomUUIDv7 }, config),
    )
    const database = closing(await openDatabase(config, notice, signal))
    const operatorKey = await openOperatorKey(database.sql, config)
    const demo = config.demo === 'on' || (config.demo === 'auto' && database.embedded)
    if (demo) await loadDemo(database.sql, config.data)

    const recorder = closing(createRecorder({ config, log, metrics }))

    const bundles = openBundleHistory(config.data, Date.now, log)
    const { activated } = bundles
    const bundle = closing(await openBundle({ config, policies, log, metrics, health, notice, activated }))
    const feed = closing(
      await openSnapshot({ config, database, log, metrics, health, security: recorder.security }),
    )
    const { snapshot } = feed
    ageMs = snapshot.ageMs
    databaseAnswers = () => feed.status().last_error === undefined
    closing(await openHeadLog({ sql: database.sql, data: config.data, now: feed.now, log }))

    const secret = config.secret?.reveal() ?? (await keptSecret(config.data))
    const { sql } = database
    const committed = ({ tenant }: RevisionToken) => feed.wake(tenant)
    const visible = ({ tenant, revision }: RevisionToken) => snapshot.wait(tenant, revision, visibleMs)
    const stripe = closing(await openStripe({ config, sql, now: feed.now, committed, visible, log, metrics }))
    const rpc = closing(
      createRpcNeeds({ config, sql, secret, feed, bundle, bundles, recorder, stripe, log, metrics }),
    )
    const { webhook } = stripe
    webhookOpen = stripe.webhookOpen
    const doors = closing(
      await openDoors({ config, health, rpc: { ...rpc, integrations, webhook, version } }),
    )
    return {
      ...doors.addresses,
      ops: ops.address,
      bundle: bundle.current()?.revision ?? '',
      operatorKey,
      demo,
      stop,
    }
  } catch (error) {
    await stop().catch(() => undefined)
    throw error
  }
}

function secretsOf(config: Config): readonly string[] {
  return [
    config.secret,
    config.databaseUrl,
    config.databaseDirectUrl,
    config.databasePassword,
    config.opaGatewayKey,
  ]

    .map((secret) => secret?.reveal())
    .filter((text) => text !== undefined)
}
