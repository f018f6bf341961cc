import type { By } from '#admin/grant-types.ts'
import { poolOf } from '#admin/pool-of.ts'
import type { Holder } from '#admin/resolve-holder.ts'
import { seatUse } from '#admin/seats.ts'
import type { Tx } from '#postgres/pool.ts'
import type { CustomerState } from './state.ts'
import type { WantedGrant } from './wanted.ts'

/** What an item's number at Stripe should become. */
export type FollowingQuantity = { readonly item: string; readonly quantity: number }

/** The items that follow the seats and say another number. Stripe sells no less than one. */
export async function followingQuantities(
  tx: Tx,
  scope: By & { readonly now: number },
  holder: Holder,
  state: CustomerState,
  grants: readonly WantedGrant[],
): Promise<readonly FollowingQuantity[]> {
  const follows = grants.filter(
    ({ pool, quantity, access }) => pool !== undefined && quantity === undefined && access === 'full',
  )
  const found = new Map<string, number>()
  for (const { pool = '', module = null, source_ref } of follows) {
    const item = state.subscriptions.flatMap(({ items }) => items).find(({ id }) => id === source_ref)
    const id = item && (await poolOf(tx, scope.tenant, holder.organization_id, pool, module))
    if (!item || id === undefined) continue
    const { used } = await seatUse(tx, scope.tenant, id, scope.now)
    const quantity = Math.max(1, used)
    if (quantity !== item.quantity) found.set(item.id, quantity)
  }
  return [...found].map(([item, quantity]) => ({ item, quantity }))
}
