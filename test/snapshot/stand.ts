import { openPool, type Sql, type Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { type Written, withTenant } from '#postgres/with-tenant.ts'
import { type RunningSnapshot, startSnapshot } from '#snapshot/start-snapshot.ts'
import { type FreshDatabase, freshDatabase } from '#test/postgres/database.ts'

export type Stand = FreshDatabase & {
  /** Starts a snapshot and waits for its first load. */
  readonly start: (options?: StartOptions) => Promise<RunningSnapshot>
  /** Starts one that is told of nothing and polls when woken only: its listener is in another database. */
  readonly startDeaf: (options?: StartOptions) => Promise<RunningSnapshot>
  readonly tenant: (key: string) => Promise<string>
  /** One sealed transaction of the tenant. */
  readonly write: <T>(tenant: string, work: (tx: Tx) => Promise<T>) => Promise<Written<T>>
  /** As nobody should: past the triggers and the chain. */
  readonly tamper: (work: (tx: Tx) => Promise<unknown>) => Promise<void>
}

export type StartOptions = Partial<Parameters<typeof startSnapshot>[0]>

export const quiet = { info() {}, warn() {}, error() {} }

/** A migrated database and what the snapshot's tests do with it. */
export async function openStand(): Promise<Stand> {
  const database = await freshDatabase({ max: 20 })
  const { sql, url } = database
  const running: RunningSnapshot[] = []
  const elsewhere = new URL(url)
  elsewhere.pathname = '/postgres'
  const stand: Stand = {
    ...database,
    async startDeaf(options = {}) {
      const openListener = () => openPool({ url: elsewhere.href, max: 1 })
      const started = await stand.start({ openListener, pollMs: 100_000_000, probeMs: 1, ...options })
      await eventually(() => started.status().listen === 'polling', 'the feed polls')
      await started.snapshot.refresh(5000)
      return started
    },
    async start(options = {}) {
      const started = startSnapshot({
        open: () => openPool({ url, max: 4 }),
        openListener: () => openPool({ url, max: 1 }),
        log: quiet,
        pollMs: 100,
        ...options,
      })
      running.push(started)
      await started.ready
      return started
    },
    async tenant(key) {
      const id = newId()
      await write(sql, id, (tx) => tx`insert into vouchsafe.tenants (tenant_id, key) values (${id}, ${key})`)
      return id
    },
    write: (tenant, work) => write(sql, tenant, work),
    async tamper(work) {
      await sql.begin(async (tx) => {
        await tx`set local session_replication_role = replica`
        await work(tx)
      })
    },
    async drop() {
      await Promise.all(running.map((started) => started.stop()))
      await database.drop()
    },
  }
  return stand
}

function write<T>(sql: Sql, tenant: string, work: (tx: Tx) => Promise<T>): Promise<Written<T>> {
  return withTenant(sql, { tenant, actor: 'test', action: 'Test' }, work)
}

export async function eventually(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let waited = 0; waited < 20_000; waited += 10) {
    if (await isSo()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`It never came to be that ${what}.`)
}
