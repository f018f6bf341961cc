import { ofHolder } from '#admin/of-holder.ts'
import type { Holder } from '#admin/resolve-holder.ts'
import type { Json } from '#core/json.ts'
import type { Tx } from '#postgres/pool.ts'
import { type CustomerName, isOwn } from './customer-name.ts'
import { keyOf, placeOf } from './key-of.ts'
import type { CustomerState } from './state.ts'

/** A row that came of this customer. What is unset is null, times are ms. */
export type PresentGrant = {
  readonly id: string
  readonly key: string
  readonly place: string
  readonly source_ref: string
  readonly pool_id: string | null
  readonly quantity: number | null
  readonly value: Json | null
  readonly starts_at: number
  readonly ends_at: number | null
  readonly past_due_at: number | null
  readonly revoked_at: number | null
  /** It was there before this customer was known, as by an import, and is nobody's yet. */
  readonly adopted: boolean
}

/**
 * All that ever came of this customer: the same holder may have rights of another customer, of another account and of an
 * administrator. What is Stripe's by its source, belongs to no customer, and refers to something of this one is its own.
 */
export async function presentGrants(
  tx: Tx,
  name: CustomerName,
  holder: Holder,
  state: CustomerState,
): Promise<readonly PresentGrant[]> {
  const rows = await tx<Row[]>`
    select ${columns(tx)}, false as adopted from vouchsafe.stripe_grants o
    join vouchsafe.grants g on g.tenant_id = o.tenant_id and g.id = o.grant_id
    left join vouchsafe.seat_pools p on p.tenant_id = g.tenant_id and p.id = g.pool_id
    where ${isOwn(tx, name)}
    union all
    select ${columns(tx)}, true from vouchsafe.grants g
    left join vouchsafe.seat_pools p on p.tenant_id = g.tenant_id and p.id = g.pool_id
    where g.tenant_id = ${name.tenant} and ${ofHolder(tx, holder)} and g.revoked_at is null and g.source = 'stripe'
      and g.effect <> 'deny' and g.scope_organization_id is null and g.source_ref = any(${referencesOf(state)})
      and not exists (select from vouchsafe.stripe_grants o where o.tenant_id = g.tenant_id and o.grant_id = g.id)
    order by id`
  return rows.map(({ own, ...row }) => ({ ...row, key: keyOf(own), place: placeOf(own) }))
}

type Row = Omit<PresentGrant, 'key' | 'place'> & { readonly own: Parameters<typeof keyOf>[0] }

function columns(tx: Tx) {
  return tx`g.id, g.source_ref, g.pool_id, g.quantity, g.value, g.starts_at, g.ends_at, g.past_due_at, g.revoked_at,
    jsonb_strip_nulls(jsonb_build_object('plan_version_id', g.plan_version_id, 'product_id', g.product_id,
      'entitlement_id', g.entitlement_id, 'module', g.module, 'pool', p.key, 'source', g.source,
      'source_ref', g.source_ref, 'access', g.access)) as own`
}

function referencesOf({ subscriptions, checkouts, invoices }: CustomerState): string[] {
  const items = subscriptions.flatMap(({ id, items }) => [id, ...items.map((item) => item.id)])
  return [...items, ...[...checkouts, ...invoices].map(({ id }) => id)]
}
