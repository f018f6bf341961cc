import type { By } from '#admin/grant-types.ts'
import { lockHolders } from '#admin/lock-holders.ts'
import type { Holder } from '#admin/resolve-holder.ts'
import type { Tx } from '#postgres/pool.ts'
import type { CustomerName } from './customer-name.ts'
import { differenceOf } from './difference.ts'
import { noState } from './no-state.ts'
import { presentGrants } from './present-grants.ts'
import { writeDifference } from './write-difference.ts'

/** Ends all that a holder has of a customer that does not stand for it any more. */
export async function takeRights(
  tx: Tx,
  scope: By & { readonly now: number },
  name: CustomerName,
  holder: Holder,
): Promise<void> {
  await lockHolders(tx, scope.tenant, [holder])
  const nothing = noState(name.customer)
  const present = await presentGrants(tx, name, holder, nothing)
  await writeDifference(tx, scope, { name, holder, state: nothing }, differenceOf(present, [], scope.now))
}
