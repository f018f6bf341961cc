import type { Tx } from '#postgres/pool.ts'
import { forTarget, inModule, inOrganization, narrow, type Reach } from './delegate-reach.ts'
import { notFound } from './not-found.ts'

/**
 * A delegate reaches a pool whose organization and module are delegated, and only while all that is bought for it is
 * listed: a seat hands out what the pool's purchases give. `now` in ms.
 */
export async function ofPool(
  tx: Tx,
  tenant: string,
  reach: Reach,
  pool: string,
  now: number,
): Promise<Reach> {
  const [row] = await tx<{ organization_id: string; module: string | null }[]>`
    select organization_id, module from vouchsafe.seat_pools where tenant_id = ${tenant} and id = ${pool}`
  if (!row) throw notFound('seat pool', `pol_${pool}`)
  const placed = await inOrganization(tx, tenant, reach, row.organization_id)
  let left = await inModule(tx, tenant, placed, row.module)
  const bought = await tx<{ target: string }[]>`
    select distinct coalesce('entitlement:' || e.key, 'product:' || p.key, 'plan:' || l.key || '@' || v.n) as target
    from vouchsafe.grants g
    left join vouchsafe.entitlements e on e.tenant_id = g.tenant_id and e.id = g.entitlement_id
    left join vouchsafe.products p on p.tenant_id = g.tenant_id and p.id = g.product_id
    left join vouchsafe.plan_versions v on v.tenant_id = g.tenant_id and v.id = g.plan_version_id
    left join vouchsafe.plans l on l.tenant_id = v.tenant_id and l.id = v.plan_id
    where g.tenant_id = ${tenant} and g.pool_id = ${pool} and g.effect <> 'deny' and g.revoked_at is null
      and (g.ends_at is null or g.ends_at > ${new Date(now)})`
  for (const { target } of bought) left = forTarget(left, target)
  return left
}

/** The delegation by which one more seat is handed out: one that has not handed out as many as it may. `now` in ms. */
export async function withRoom(tx: Tx, tenant: string, reach: Reach, now: number): Promise<string> {
  const ids = reach.map(({ id }) => id)
  const counts = await tx<{ id: string; count: number }[]>`
    select d.id,
      (select count(*) from vouchsafe.seats s
        where s.tenant_id = ${tenant} and s.delegation_id = d.id and s.released_at is null)
      + (select count(*) from vouchsafe.seat_invitations i
        where i.tenant_id = ${tenant} and i.delegation_id = d.id and i.accepted_at is null and i.cancelled_at is null
          and i.expires_at > ${new Date(now)}) as count
    from unnest(${ids}::uuid[]) as d (id)`
  const handedOut = new Map(counts.map(({ id, count }) => [id, count]))
  const most = Math.max(...reach.map(({ max_seats: max }) => max ?? Number.POSITIVE_INFINITY))
  const [first] = narrow(
    reach,
    'max_seats',
    String(most),
    ({ id, max_seats: max }) => max === null || (handedOut.get(id) ?? 0) < max,
  )
  return first?.id ?? ''
}
