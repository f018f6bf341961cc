import type { By } from '#admin/grant-types.ts'
import { lockHolders } from '#admin/lock-holders.ts'
import type { Holder } from '#admin/resolve-holder.ts'
import type { Tx } from '#postgres/pool.ts'
import { applyRights } from './apply-rights.ts'
import { conflicts } from './bind-by-checkout.ts'
import { readBinding } from './binding.ts'
import { lockCustomer } from './lock-customer.ts'
import { readState } from './read-state.ts'

/** So many are done at once, within the time of one statement of a client; the others soon after, by the worker. */
const mostAtOnce = 500

type Row = Holder & {
  readonly account: string
  readonly customer: string
  readonly reference_issuer: string | null
}

/**
 * Applies what is mapped now to what was fetched last of all who bought one of these: ids of prices and products, lookup
 * keys, features. Answers how many were done at once. They all are fetched again as well.
 */
export async function remap(
  tx: Tx,
  scope: By & { readonly now: number },
  external_ids: readonly string[],
): Promise<number> {
  const { tenant, now } = scope
  const rows = await tx<Row[]>`
    select s.account_id as account, s.customer, c.subject_id, c.organization_id, a.reference_issuer
    from vouchsafe.stripe_states s
    join vouchsafe.stripe_accounts a on a.tenant_id = s.tenant_id and a.id = s.account_id
    join vouchsafe.stripe_customers c on c.tenant_id = s.tenant_id and c.account_id = s.account_id and c.customer = s.customer
    where s.tenant_id = ${tenant} and s.matches && ${external_ids as string[]}
    order by s.account_id, s.customer limit ${mostAtOnce}`
  // All customers before any holder, as everybody locks: two customers may stand for one person.
  for (const { account, customer } of rows) await lockCustomer(tx, account, customer)
  await lockHolders(tx, tenant, rows)
  for (const row of rows) await again(tx, scope, row)
  const every = await isFirstFeature(tx, tenant, external_ids)
  await tx`select vouchsafe.mark_stripe(s.account_id, s.customer, ${new Date(now)})
    from (select account_id, customer from vouchsafe.stripe_states
      where tenant_id = ${tenant} and (${every} or matches && ${external_ids as string[]}) order by account_id, customer) s`
  return rows.length
}

/** Features were not even asked for while none was mapped: then nobody knows who has them. */
async function isFirstFeature(tx: Tx, tenant: string, external_ids: readonly string[]): Promise<boolean> {
  const [row] = await tx<{ first: boolean | null }[]>`
    select bool_and(external_id = any(${external_ids as string[]})) as first
    from vouchsafe.price_mappings where tenant_id = ${tenant} and match = 'feature'`
  return row?.first ?? false
}

// Whose it is is read again: it may have been bound otherwise before its lock was there.
async function again(tx: Tx, scope: By & { readonly now: number }, row: Row): Promise<void> {
  const { account, customer, reference_issuer } = row
  const name = { tenant: scope.tenant, account, customer }
  const [state, binding] = [await readState(tx, name), await readBinding(tx, name)]
  if (!state || !binding) return
  const of = { tenant: scope.tenant, ...(reference_issuer !== null && { reference_issuer }) }
  const alerts = await conflicts(tx, of, state, binding)
  await applyRights(tx, scope, name, binding.holder, state, alerts)
}
