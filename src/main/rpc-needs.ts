import { randomUUIDv7 } from 'node:crypto'
import type { Config } from '#config'
import type { RevisionToken } from '#core/revision.ts'
import { createVerbs } from '#decide/create-verbs.ts'
import type { AuthzenParts } from '#http/authzen/parts.ts'
import type { Log } from '#observe/logger.ts'
import type { Metrics } from '#observe/metrics.ts'
import { createTracing } from '#observe/tracing.ts'
import type { Sql } from '#postgres/pool.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { RunningSnapshot } from '#snapshot/start-snapshot.ts'
import { createAdmin } from './admin.ts'
import { createAuthzen } from './authzen.ts'
import type { OpenedBundle } from './bundle.ts'
import type { BundleHistory } from './bundle-history.ts'
import { createGrants } from './grants.ts'
import { createIdentity } from './identity.ts'
import { createPast } from './past.ts'
import type { Recorder } from './recorder.ts'
import { createRehearsals } from './rehearsals.ts'
import type { OpenedStripe } from './stripe.ts'
import { createStripeVerbs } from './stripe-verbs.ts'

type Parts = {
  readonly config: Config
  readonly sql: Sql
  /** Signs page tokens. */
  readonly secret: string
  readonly feed: RunningSnapshot
  readonly bundle: Pick<OpenedBundle, 'current'>
  readonly bundles: Pick<BundleHistory, 'at'>
  readonly recorder: Omit<Recorder, 'close'>
  readonly stripe: Pick<OpenedStripe, 'api' | 'secret' | 'wake'>
  readonly log: Log
  readonly metrics: Metrics
}

type Beside = { readonly close: () => void; readonly log: Log; readonly authzen: AuthzenParts }

/** Everything that the verbs of all doors need. */
export function createRpcNeeds(parts: Parts): RpcNeeds & Beside {
  const { config, sql, secret, feed, bundle, bundles, recorder, stripe, log, metrics } = parts
  const { snapshot } = feed
  const { security } = recorder
  const { close, ...identity } = createIdentity({ config, snapshot, now: feed.now, log, metrics, security })
  const deciding = {
    snapshot,
    bundle: bundle.current,
    now: feed.now,
    newId: randomUUIDv7,
    record: recorder.record,
    breathe: () => new Promise<void>((resolve) => setImmediate(resolve)),
    softStalenessMs: config.softStalenessMs,
    hardStalenessMs: config.hardStalenessMs,
    waitMs: config.waitMs,
    checkpointMs: 15_000,
  }
  const writing = {
    sql,
    secret,
    now: feed.now,
    committed: ({ tenant }: RevisionToken) => feed.wake(tenant),
    refresh: () => snapshot.refresh(config.waitMs),
    ...createRehearsals({ ...deciding, sql, whatIf: feed.whatIf }),
  }
  return {
    verbs: createVerbs(deciding),
    grants: createGrants(writing),
    admin: createAdmin(writing),
    stripe: createStripeVerbs({ ...writing, ...stripe, secretsFolder: config.stripeSecretsDir }),
    authzen: createAuthzen({ ...deciding, config, secret, people: feed.people }),
    past: createPast(sql, log),
    bundleAt: bundles.at,
    denials: recorder.denials,
    ...identity,
    security: (refused) => security.push({ ...refused, at: feed.now(), kind: 'authorization_denied' }),
    now: Date.now,
    decisionNow: feed.now,
    newId: randomUUIDv7,
    metrics,
    log,
    tracing: createTracing(),
    close,
  }
}
