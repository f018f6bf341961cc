import type { Command, WriteScope } from '#admin/command.ts'
import type { HolderRef } from '#admin/grant-types.ts'
import { invalid } from '#admin/invalid.ts'
import { resolveHolder } from '#admin/resolve-holder.ts'
import { stripeAccountId } from '#admin/stripe/account-id.ts'
import type { Tx } from '#postgres/pool.ts'
import { applyRights } from './apply-rights.ts'
import { type Binding, isSameHolder, readBinding, writeBinding } from './binding.ts'
import { type CustomerName, isOwn } from './customer-name.ts'
import { lockCustomer } from './lock-customer.ts'
import { readState } from './read-state.ts'
import { takeRights } from './take-rights.ts'

type OfCustomer = {
  /** An account's key; empty: the tenant's only one. */
  readonly account: string
  /** "cus_…", or "cs_…" of a checkout without one. */
  readonly customer: string
}
type Changed = { readonly changed: boolean }

/**
 * Says whom a customer stands for. What was fetched of it is applied at once, and it is fetched. From whom it stood for
 * before, what came of it is taken. Errors: NOT_FOUND (account, holder), INVALID_FIELD.
 */
export const bindCustomer: Command<OfCustomer & { readonly holder: HolderRef }, Changed, WriteScope> = async (
  tx,
  scope,
  { holder: ref, ...asked },
) => {
  const name = await nameOf(tx, scope, asked)
  await lockCustomer(tx, name.account, name.customer)
  const binding = await readBinding(tx, name)
  const wanted = await resolveHolder(tx, scope.tenant, ref, false)
  if (binding && binding.bound_by === 'admin' && isSameHolder(binding.holder, wanted))
    return { changed: false }
  if (binding) await release(tx, scope, name, binding, isSameHolder(binding.holder, wanted))
  await writeBinding(tx, name, { holder: wanted, bound_by: 'admin', bound_at: scope.now })
  const state = await readState(tx, name)
  if (state) await applyRights(tx, scope, name, wanted, state, [])
  await tx`select vouchsafe.mark_stripe(${name.account}, ${name.customer}, ${new Date(scope.now)})`
  return { changed: true }
}

/**
 * Says that a customer stands for nobody that is known; what came of it ends. A checkout that names somebody binds it
 * again when it is fetched next: to prevent that, bind it to somebody else.
 */
export const unbindCustomer: Command<OfCustomer, Changed, WriteScope> = async (tx, scope, asked) => {
  const name = await nameOf(tx, scope, asked)
  await lockCustomer(tx, name.account, name.customer)
  const binding = await readBinding(tx, name)
  if (!binding) return { changed: false }
  await release(tx, scope, name, binding, false)
  return { changed: true }
}

async function nameOf(tx: Tx, scope: WriteScope, { account, customer }: OfCustomer): Promise<CustomerName> {
  if (!/^(cus|cs)_[A-Za-z0-9_]{1,250}$/.test(customer))
    throw invalid('customer', 'A customer is "cus_…", or "cs_…" of a checkout without one.')
  return { tenant: scope.tenant, account: await stripeAccountId(tx, scope.tenant, account), customer }
}

async function release(
  tx: Tx,
  scope: WriteScope,
  name: CustomerName,
  { holder }: Binding,
  keeps: boolean,
): Promise<void> {
  await tx`delete from vouchsafe.stripe_customers o where ${isOwn(tx, name)}`
  if (!keeps) await takeRights(tx, scope, name, holder)
}
