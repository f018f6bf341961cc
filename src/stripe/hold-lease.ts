import type { Sql } from '#postgres/pool.ts'
import { heartbeatMs, type Lease } from './lease.ts'
import { extendLease } from './marks.ts'

/** Says again and again that this process is still at it, until the answer is called. `now` in ms. */
export function holdLease(sql: Sql, lease: Lease, now: () => number, everyMs = heartbeatMs): () => void {
  const beating = setInterval(() => void extendLease(sql, lease, now()).catch(() => undefined), everyMs)
  beating.unref()
  return () => clearInterval(beating)
}
