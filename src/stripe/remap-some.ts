import type { By } from '#admin/grant-types.ts'
import { lockHolders } from '#admin/lock-holders.ts'
import type { Holder } from '#admin/resolve-holder.ts'
import type { Tx } from '#postgres/pool.ts'
import { applyRights } from './apply-rights.ts'
import { conflicts } from './bind-by-checkout.ts'
import { readBinding } from './binding.ts'
import { lockCustomer } from './lock-customer.ts'
import { readState } from './read-state.ts'

/** Customers are gone through in the order of these. */
export type Place = {
  /** The account's row. */
  readonly account: string
  readonly customer: string
}

export const nobodyYet: Place = { account: '00000000-0000-0000-0000-000000000000', customer: '' }

type Asked = {
  readonly external_ids: readonly string[]
  /** All that were ever fetched, whatever they bought. */
  readonly everybody: boolean
  readonly after: Place
  readonly count: number
}

type Done = Place & {
  /** Numbers of seats follow: these are to be told to Stripe. */
  readonly follows: boolean
}

type Row = Place & { readonly [Key in keyof Holder]: Holder[Key] | null } & {
  readonly reference_issuer: string | null
}

/**
 * Applies what is mapped now to what was fetched last, of so many bound customers who bought one of the ids. `last`: where
 * to go on; absent: these were the last.
 */
export async function remapSome(
  tx: Tx,
  scope: By & { readonly now: number },
  { external_ids, everybody, after, count }: Asked,
): Promise<{ readonly done: readonly Done[]; readonly last?: Place }> {
  const { tenant } = scope
  const rows = await tx<Row[]>`
    select s.account_id as account, s.customer, c.subject_id, c.organization_id, a.reference_issuer
    from vouchsafe.stripe_states s
    join vouchsafe.stripe_accounts a on a.tenant_id = s.tenant_id and a.id = s.account_id
    join vouchsafe.stripe_customers c on c.tenant_id = s.tenant_id and c.account_id = s.account_id and c.customer = s.customer
    where s.tenant_id = ${tenant} and (s.account_id, s.customer) > (${after.account}, ${after.customer})
      ${everybody ? tx`` : tx`and s.matches && ${external_ids as string[]}`}
    order by s.account_id, s.customer limit ${count}`
  // All customers before any holder, as everybody locks: two customers may stand for one person.
  for (const { account, customer } of rows) await lockCustomer(tx, account, customer)
  await lockHolders(tx, tenant, rows)
  const done: Done[] = []
  for (const { account, customer, reference_issuer } of rows)
    done.push({ account, customer, follows: await again(tx, scope, { account, customer }, reference_issuer) })
  const last = rows.length < count ? undefined : done.at(-1)
  return { done, ...(last && { last: { account: last.account, customer: last.customer } }) }
}

// Whose it is is read again: it may have been bound otherwise before its lock was there.
async function again(
  tx: Tx,
  scope: By & { readonly now: number },
  place: Place,
  reference_issuer: string | null,
): Promise<boolean> {
  const name = { tenant: scope.tenant, ...place }
  const [state, binding] = [await readState(tx, name), await readBinding(tx, name)]
  if (!state || !binding) return false
  const of = { tenant: scope.tenant, ...(reference_issuer !== null && { reference_issuer }) }
  const alerts = await conflicts(tx, of, state, binding)
  const { quantities } = await applyRights(tx, scope, name, binding.holder, state, alerts)
  return quantities.length > 0
}
