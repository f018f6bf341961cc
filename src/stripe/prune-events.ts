import type { Sql } from '#postgres/pool.ts'
import { withTenant } from '#postgres/with-tenant.ts'

/** Twice as long as Stripe keeps events, which it may deliver again, ms. */
const usuallyKeptMs = 60 * 86_400_000
const atOnce = 1000

/**
 * Takes events of a tenant out of the inbox that were settled long ago, or wait as long for somebody to bind their
 * customer: of that one the state is kept, and the mark, and binding it needs no more. What waits otherwise stays, however
 * old. Yields how many it took, some at a time. `now` in ms.
 */
export async function* pruneEvents(
  sql: Sql,
  tenant: string,
  now: number,
  keptMs = usuallyKeptMs,
): AsyncGenerator<number> {
  const before = new Date(now - keptMs)
  for (let gone = atOnce; gone === atOnce; ) {
    const { result } = await withTenant(
      sql,
      { tenant, actor: 'stripe', action: 'PruneStripeEvents' },
      (tx) => tx`
        delete from vouchsafe.stripe_events e using (
          select e.account_id, e.event_id from vouchsafe.stripe_events e
          where e.tenant_id = ${tenant} and e.received_at < ${before} and (e.status in ('processed', 'ignored')
            or (e.status = 'received' and exists (select from vouchsafe.stripe_marks m
              where m.tenant_id = e.tenant_id and m.account_id = e.account_id and m.object = e.marks and m.state = 'unbound')
              and exists (select from vouchsafe.stripe_states s
              where s.tenant_id = e.tenant_id and s.account_id = e.account_id and s.customer = e.marks)))
          order by e.received_at limit ${atOnce} for update of e skip locked) old
        where e.tenant_id = ${tenant} and e.account_id = old.account_id and e.event_id = old.event_id`,
    )
    gone = result.count
    yield gone
  }
}
