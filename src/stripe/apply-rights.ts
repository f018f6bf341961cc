import type { By } from '#admin/grant-types.ts'
import { lockHolders } from '#admin/lock-holders.ts'
import type { Holder } from '#admin/resolve-holder.ts'
import type { Tx } from '#postgres/pool.ts'
import type { CustomerName } from './customer-name.ts'
import { isOwn } from './customer-name.ts'
import { type FollowingQuantity, followingQuantities } from './following-quantities.ts'
import { planDifference } from './plan-difference.ts'
import type { CustomerState } from './state.ts'
import type { Alert } from './wanted.ts'
import { writeDifference } from './write-difference.ts'

export type Rights = {
  readonly granted: number
  readonly updated: number
  readonly ended: number
  readonly alerts: readonly Alert[]
  readonly quantities: readonly FollowingQuantity[]
}

/** Gives a holder what its customer's state says, and takes what it does not say. `more`: alerts beside the projection's. */
export async function applyRights(
  tx: Tx,
  scope: By & { readonly now: number },
  name: CustomerName,
  holder: Holder,
  state: CustomerState,
  more: readonly Alert[],
): Promise<Rights> {
  await lockHolders(tx, scope.tenant, [holder])
  const { here, projection, difference } = await planDifference(tx, name, holder, state, scope.now)
  await writeDifference(tx, scope, { name, holder, state }, difference)
  const following = await followingQuantities(tx, scope, name, state)
  const alerts = [...more, ...projection.alerts, ...following.alerts]
  if (here) await keepAlerts(tx, name, alerts)
  else await forget(tx, name)
  return {
    granted: difference.grant.length,
    updated: difference.change.length,
    ended: difference.end.length,
    alerts,
    quantities: following.quantities,
  }
}

async function keepAlerts(tx: Tx, name: CustomerName, alerts: readonly Alert[]): Promise<void> {
  const texts = alerts.map(({ code, about }) => `${code} ${about}`)
  await tx`update vouchsafe.stripe_states o set alerts = ${texts} where ${isOwn(tx, name)} and o.alerts <> ${texts}`
}

/** What is kept of a customer may name the person. The binding stays, so that nobody comes to be anew by a checkout. */
async function forget(tx: Tx, name: CustomerName): Promise<void> {
  await tx`delete from vouchsafe.stripe_states o where ${isOwn(tx, name)}`
}
