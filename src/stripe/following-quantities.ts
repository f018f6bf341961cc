import type { By } from '#admin/grant-types.ts'
import { seatUse } from '#admin/seats.ts'
import type { Tx } from '#postgres/pool.ts'
import { type CustomerName, isOwn } from './customer-name.ts'
import type { CustomerState } from './state.ts'
import type { Alert } from './wanted.ts'

/** What an item's number at Stripe should become. */
export type FollowingQuantity = { readonly item: string; readonly quantity: number }

type Following = { readonly quantities: readonly FollowingQuantity[]; readonly alerts: readonly Alert[] }

/**
 * The items that follow the seats and say another number. Stripe sells no less than one. Of several that follow the same
 * pool only the one whose right began first does, so that nobody pays twice for a seat; where one of these is over, the
 * customer of the next is marked. Call it when the customer's rows are written.
 */
export async function followingQuantities(
  tx: Tx,
  scope: By & { readonly now: number },
  name: CustomerName,
  { subscriptions }: CustomerState,
): Promise<Following> {
  const items = new Map(subscriptions.flatMap((one) => one.items.map((item) => [item.id, item])))
  const quantities: FollowingQuantity[] = []
  const alerts: Alert[] = []
  for (const { pool, live, over } of await followedPools(tx, name, scope.now)) {
    const first = await firstFollower(tx, name.tenant, pool, scope.now)
    if (!first) continue
    for (const about of live) if (about !== first.item) alerts.push({ code: 'POOL_FOLLOWED_TWICE', about })
    const item = live.includes(first.item) ? items.get(first.item) : undefined
    if (!item && over)
      await tx`select vouchsafe.mark_stripe(${first.account}, ${first.customer}, ${new Date(scope.now)})`
    if (!item) continue
    const { used } = await seatUse(tx, name.tenant, pool, scope.now)
    const quantity = Math.max(1, used)
    if (quantity !== item.quantity) quantities.push({ item: item.id, quantity })
  }
  return { quantities, alerts }
}

type Followed = { readonly pool: string; readonly live: readonly string[]; readonly over: boolean }

/** The pools that an item of the customer follows now (`live`), or did. */
async function followedPools(tx: Tx, name: CustomerName, now: number): Promise<readonly Followed[]> {
  return tx<Followed[]>`
    select g.pool_id as pool, coalesce(bool_or(not ${isLive(tx, now)}), false) as over,
      coalesce(array_agg(distinct g.source_ref order by g.source_ref) filter (where ${isLive(tx, now)}), '{}')::text[] as live
    from vouchsafe.stripe_grants o join vouchsafe.grants g on g.tenant_id = o.tenant_id and g.id = o.grant_id
    where ${isOwn(tx, name)} and ${follows(tx)} group by g.pool_id order by g.pool_id`
}

type Follower = { readonly item: string; readonly account: string; readonly customer: string }

async function firstFollower(
  tx: Tx,
  tenant: string,
  pool: string,
  now: number,
): Promise<Follower | undefined> {
  const [first] = await tx<Follower[]>`
    select g.source_ref as item, o.account_id as account, o.customer
    from vouchsafe.grants g join vouchsafe.stripe_grants o on o.tenant_id = g.tenant_id and o.grant_id = g.id
    where g.tenant_id = ${tenant} and g.pool_id = ${pool} and ${follows(tx)} and ${isLive(tx, now)}
    order by g.starts_at, g.source_ref, o.account_id limit 1`
  return first
}

/** Any number of seats: the item's number follows those that are taken. Phases that a schedule plans have no item. */
function follows(tx: Tx) {
  return tx`g.pool_id is not null and g.quantity is null and g.access = 'full' and g.source = 'stripe'
    and starts_with(g.source_ref, 'si_')`
}

function isLive(tx: Tx, now: number) {
  const at = new Date(now)
  return tx`(g.revoked_at is null and g.starts_at <= ${at} and (g.ends_at is null or g.ends_at > ${at}))`
}
