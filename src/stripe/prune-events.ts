import type { Sql } from '#postgres/pool.ts'
import { withTenant } from '#postgres/with-tenant.ts'

/** Twice as long as Stripe keeps events, which it may deliver again, ms. */
const keptMs = 60 * 86_400_000
const atOnce = 1000

/**
 * Takes events of a tenant that were settled long ago out of the inbox; what waits stays, however old. Yields how many it
 * took, some at a time. `now` in ms.
 */
export async function* pruneEvents(sql: Sql, tenant: string, now: number): AsyncGenerator<number> {
  const before = new Date(now - keptMs)
  for (let gone = atOnce; gone === atOnce; ) {
    const { result } = await withTenant(
      sql,
      { tenant, actor: 'stripe', action: 'PruneStripeEvents' },
      (tx) => tx`
        delete from vouchsafe.stripe_events e using (
          select account_id, event_id from vouchsafe.stripe_events
          where tenant_id = ${tenant} and received_at < ${before} and status in ('processed', 'ignored')
          order by received_at limit ${atOnce} for update skip locked) old
        where e.tenant_id = ${tenant} and e.account_id = old.account_id and e.event_id = old.event_id`,
    )
    gone = result.count
    yield gone
  }
}
