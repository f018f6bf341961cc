import { randomBytes } from 'node:crypto'
import type { Config } from '#config'
import { platformTenant } from '#core/platform.ts'
import { openBundle } from '#main/bundle.ts'
import { reachDatabase } from '#main/reach-database.ts'
import { createRpcNeeds } from '#main/rpc-needs.ts'
import { openSnapshot } from '#main/snapshot.ts'
import { createHealth } from '#observe/health.ts'
import { createLogger } from '#observe/logger.ts'
import { createMetrics } from '#observe/metrics.ts'
import { proveTables, type TableProof } from '#postgres/prove-tables.ts'
import { readFeed } from '#postgres/read-feed.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Stripe } from '#rpc/stripe.ts'
import { createStripeApi } from '#stripe/api/create-api.ts'
import { identifiersOf, ownValues, pageTokensOf } from './identifiers.ts'
import { proveRpcs, type RpcProof } from './prove-rpcs.ts'
import { rolledBack } from './rolled-back.ts'

export type TenantsProof = { readonly tables: TableProof; readonly rpcs: RpcProof | undefined }

type Needs = {
  readonly config: Config
  readonly notice: (text: string) => void
  readonly progress?: (rpc: string, done: number, of: number) => void
  /** Only the rpcs of these names ("ProductService.GetProduct"). */
  readonly only?: RegExp
  /** What the rpcs are given instead: tries whether a fault would be found. */
  readonly instead?: (needs: RpcNeeds, theirs: string) => RpcNeeds
}

/**
 * Tries to reach one tenant's things from another: every table as the application's role, every rpc as a caller of
 * another tenant. It uses the database as the server does, and takes everything back that it does there.
 */
export async function examineTenants(needs: Needs): Promise<TenantsProof> {
  const { config, notice, progress, only, instead } = needs
  const database = await reachDatabase(config, notice)
  const closers: (() => Promise<void> | void)[] = [database.close]
  try {
    const tables = await proveTables(database.sql)
    const pair = await twoTenants(database.sql)
    if (pair === undefined) return { tables, rpcs: undefined }
    const log = createLogger({ level: 'silent', secrets: [] })
    const metrics = createMetrics({ version: 'doctor', snapshotAgeMs: () => 0 })
    const health = createHealth({ ageMs: () => 0, softBoundMs: config.softStalenessMs })
    const silent = { log, metrics, health, notice: () => undefined, activated: () => undefined }
    const bundle = await openBundle({ config, policies: undefined, ...silent })
    closers.push(bundle.close)
    const { url } = database
    const directUrl = config.databaseDirectUrl?.reveal() ?? url
    const feed = await openSnapshot({
      config,
      database: { ...database, directUrl, embedded: false },
      ...silent,
    })
    closers.push(feed.close)
    const security = { push: () => undefined, flush: async () => undefined, close: async () => undefined }
    const secret = randomBytes(32).toString('base64url')
    const rpc = createRpcNeeds({
      config,
      sql: rolledBack(database.sql),
      secret,
      feed,
      bundle,
      bundles: { at: () => undefined },
      recorder: { record: () => undefined, security, denials: async () => ({ denials: [], complete: true }) },
      // It asks Stripe nothing: there is no key.
      stripe: {
        api: createStripeApi({ secret: () => undefined }),
        secret: () => undefined,
        wake: () => undefined,
      },
      log,
      metrics,
    })
    closers.push(rpc.close)
    const asked = { ...rpc, stripe: unasked(rpc.stripe) }
    const rpcs = await proveRpcs({
      ...(instead?.(asked, pair.theirs) ?? asked),
      ...pair,
      identifiers: [
        ...(await identifiersOf(database.sql, pair.theirs, pair.own)),
        ...pageTokensOf(secret, pair.theirs),
      ],
      ownValues: await ownValues(database.sql, pair.own),
      ...(progress && { progress }),
      ...(only && { only }),
    })
    return { tables, rpcs }
  } finally {
    for (const close of closers.reverse()) await close()
  }
}

/** Who waits for Stripe would wait for ever: what marks a customer is taken back. */
function unasked(stripe: Stripe): Stripe {
  return {
    ...stripe,
    async *sync(by, asked, signal) {
      for await (const { done: compared } of stripe.verify(by, asked, signal)) {
        const none = { customer: '', outcome: 'applied', alerts: [] } as const
        yield { ...none, compared, waiting: 0, unbound: 0, dead: 0 }
      }
    },
    syncHolder: async () => ({ asked: false, changed: 0 }),
  }
}

/** The tenant with the longest history, and another one to ask from. */
async function twoTenants(sql: Parameters<typeof readFeed>[0]) {
  const rows = await readFeed(
    sql,
    (tx) => tx<{ id: string }[]>`
      select t.tenant_id as id from vouchsafe.tenants t join vouchsafe.head h using (tenant_id)
      where t.tenant_id <> ${platformTenant} and t.active order by h.revision desc, 1 limit 2`,
  )
  const [theirs, own] = rows.map(({ id }) => id)
  return theirs === undefined || own === undefined ? undefined : { theirs, own }
}
