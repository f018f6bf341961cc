import type { By } from '#admin/grant-types.ts'
import type { Tx } from '#postgres/pool.ts'
import type { StripeAccount } from './account.ts'
import { applyRights, type Rights } from './apply-rights.ts'
import { bindByCheckout } from './bind-by-checkout.ts'
import { withFormerKeys } from './former-keys.ts'
import { keepState } from './keep-state.ts'
import { lockCustomer } from './lock-customer.ts'
import { readState } from './read-state.ts'
import type { CustomerState } from './state.ts'

export type Applied = Rights & {
  /** Whether somebody is known for whom the customer stands; else the state is only kept. */
  readonly bound: boolean
}

/**
 * Makes what is stored of a customer be what Stripe says now. It depends on nothing that was applied before, but for when
 * a right that was away came back or took another's place, and the lookup keys that its prices had: the same again changes nothing. Whoever calls it sees to it that no older state comes
 * after a newer one.
 */
export async function applyState(
  tx: Tx,
  scope: By & { readonly now: number },
  account: StripeAccount,
  fetched: CustomerState,
): Promise<Applied> {
  const name = { tenant: scope.tenant, account: account.id, customer: fetched.customer }
  await lockCustomer(tx, account.id, fetched.customer)
  const state = withFormerKeys(fetched, await readState(tx, name))
  await keepState(tx, name, state, scope.now)
  const { binding, alerts } = await bindByCheckout(tx, scope, account, state)
  if (!binding) return { bound: false, granted: 0, updated: 0, ended: 0, alerts, quantities: [] }
  return { bound: true, ...(await applyRights(tx, scope, name, binding.holder, state, alerts)) }
}
