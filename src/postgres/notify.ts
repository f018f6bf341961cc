import type { RevisionToken } from '#core/revision.ts'
import type { Sql } from './pool.ts'

/** LISTEN on this; the payload is "<tenant>:<revision>". Only a hint: the feed polls as well. */
export const channel = 'vouchsafe'

const interval = 50

type Pending = { last: number; timer?: NodeJS.Timeout; readonly tenants: Map<string, number> }

// By pool, so that whoever writes need not carry a notifier about.
const pools = new WeakMap<Sql, Pending>()

/**
 * Tells other processes, in a statement of its own: inside the transaction NOTIFY would make all commits
 * of the database wait for each other. The first at once, then at most 20 a second, the newest of each tenant.
 */
export function notifyCommit(sql: Sql, revision: RevisionToken): void {
  const pending: Pending = pools.get(sql) ?? { last: Number.NEGATIVE_INFINITY, tenants: new Map() }
  pools.set(sql, pending)
  const known = pending.tenants.get(revision.tenant) ?? 0
  pending.tenants.set(revision.tenant, Math.max(known, revision.revision))
  if (pending.timer) return
  const wait = pending.last + interval - performance.now()
  if (wait > 0) {
    pending.timer = setTimeout(() => send(sql, pending), wait)
    pending.timer.unref()
  } else send(sql, pending)
}

function send(sql: Sql, pending: Pending): void {
  pending.last = performance.now()
  delete pending.timer
  const payloads = [...pending.tenants].map(([tenant, revision]) => `${tenant}:${revision}`)
  pending.tenants.clear()
  sql`select pg_notify(${channel}, payload) from unnest(${payloads}::text[]) payload`.catch(() => {
    // A hint that is lost costs one interval of polling.
  })
}
