import { createHash, randomUUID } from 'node:crypto'
import type { By, HolderRef } from '#admin/grant-types.ts'
import { showId } from '#admin/ids.ts'
import { type Holder, resolveHolder, resolveOrCreateHolder } from '#admin/resolve-holder.ts'
import type { RevisionToken } from '#core/revision.ts'
import type { Sql, Tx } from '#postgres/pool.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import type { StripeAccount } from './account.ts'
import type { StripeApi } from './api/create-api.ts'
import { asking } from './asking.ts'
import { bindCustomer } from './bind.ts'
import { isSameHolder, readBinding } from './binding.ts'
import { lockCustomer } from './lock-customer.ts'

type Needs = {
  readonly sql: Sql
  readonly api: (account: StripeAccount) => StripeApi
  /** ms. */
  readonly now: () => number
  readonly committed: (revision: RevisionToken) => void
}

export type HolderCustomer = {
  /** "cus_…" */
  readonly customer: string
  /** "sub_…" or "org_…", which a checkout's client_reference_id says. */
  readonly reference: string
  readonly holder: Holder
}

/** The customer of the account that stands for the holder, if there is one. Unknown holder: NOT_FOUND. */
export async function findHolderCustomer(
  { sql }: Pick<Needs, 'sql'>,
  account: StripeAccount,
  ref: HolderRef,
): Promise<HolderCustomer | undefined> {
  return readTenant(sql, account.tenant, async (tx) => {
    const holder = await resolveHolder(tx, account.tenant, ref, false)
    const { newest: customer } = await customersOf(tx, account, holder)
    return customer === undefined ? undefined : { customer, holder, reference: referenceOf(holder) }
  })
}

/**
 * The same, and where there is none a new one, bound before anybody pays. Two at once, or one that was cut off and comes
 * again, get the same: Stripe knows the key of the request.
 */
export async function holderCustomer(
  needs: Needs,
  by: By,
  account: StripeAccount,
  ref: HolderRef,
): Promise<HolderCustomer> {
  const { sql, now, committed } = needs
  const scope = { ...by, action: 'CreateCheckoutSession', committed }
  const { result } = await withTenant(sql, scope, async (tx) => {
    const holder = await resolveOrCreateHolder(tx, by.tenant, ref)
    return { holder, ...(await customersOf(tx, account, holder)) }
  })
  const { holder, newest: known, before } = result
  const reference = referenceOf(holder)
  if (known !== undefined) return { customer: known, holder, reference }
  const key = createHash('sha256')
    .update(JSON.stringify(['customer', account.id, reference, before]))
    .digest('hex')
  const make = (idempotencyKey: string) =>
    asking(account, () => needs.api(account).createCustomer({ vouchsafe: reference }, idempotencyKey))
  const bind = async (customer: string) => {
    const bound = await withTenant(sql, scope, (tx) =>
      bindUnlessTaken(tx, { ...by, now: now() }, account, customer, holder),
    )
    return bound.result
  }
  const first = await make(key)
  if (await bind(first)) return { customer: first, holder, reference }
  // Stripe knows the key still, and meanwhile its customer was bound to somebody else.
  const customer = await make(randomUUID())
  await bind(customer)
  return { customer, holder, reference }
}

async function bindUnlessTaken(
  tx: Tx,
  scope: By & { readonly now: number },
  account: StripeAccount,
  customer: string,
  holder: Holder,
): Promise<boolean> {
  await lockCustomer(tx, account.id, customer)
  const before = await readBinding(tx, { tenant: scope.tenant, account: account.id, customer })
  if (before && !isSameHolder(before.holder, holder)) return false
  const reference = referenceOf(holder)
  const owner = holder.subject_id === null ? { organization: reference } : { subject: reference }
  await bindCustomer(tx, scope, { account: account.key, customer, holder: owner })
  return true
}

/**
 * A checkout without a customer has none to go on with, and one that was deleted at Stripe buys nothing any more. Whom only
 * a checkout's reference made the holder's may be a stranger's, who would share cards and invoices: the last choice.
 */
async function customersOf(tx: Tx, account: StripeAccount, holder: Holder) {
  const { subject_id, organization_id } = holder
  const rows = await tx<{ customer: string; deleted: boolean }[]>`
    select c.customer, coalesce((s.state ->> 'deleted')::boolean, false) as deleted
    from vouchsafe.stripe_customers c
    left join vouchsafe.stripe_states s
      on s.tenant_id = c.tenant_id and s.account_id = c.account_id and s.customer = c.customer
    where c.tenant_id = ${account.tenant} and c.account_id = ${account.id} and starts_with(c.customer, 'cus_')
      and ${subject_id === null ? tx`c.organization_id = ${organization_id}` : tx`c.subject_id = ${subject_id}`}
    order by (c.bound_by = 'admin') desc, c.bound_at desc, c.customer`
  return { newest: rows.find(({ deleted }) => !deleted)?.customer, before: rows.length }
}

function referenceOf({ subject_id, organization_id }: Holder): string {
  return subject_id === null ? showId('org', organization_id ?? '') : showId('sub', subject_id)
}
