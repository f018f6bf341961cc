import type { Tx } from '#postgres/pool.ts'
import { backfill } from './backfill.ts'
import { same } from './columns.ts'
import type { Command, WriteScope } from './command.ts'
import { resource } from './resource.ts'
import { restrictionWarnings } from './restriction-warnings.ts'

export type Surface = { readonly surface: string; readonly open?: boolean; readonly deny_as: number }

export type ProductDocument = {
  readonly key: string
  readonly name: string
  readonly requires_entitlement: boolean
  readonly retired: boolean
  readonly surfaces: readonly Surface[]
  readonly etag?: string
}

const base = resource<ProductDocument, 'key'>({
  noun: 'product',
  table: 'products',
  name: 'key',
  document: (tx) => tx`jsonb_build_object(
    'key', r.key, 'name', r.name, 'requires_entitlement', r.requires_entitlement, 'retired', not r.active,
    'surfaces', (
      select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
        'surface', s.surface, 'open', s.open, 'deny_as', coalesce(s.deny_as, 0))) order by s.surface), '[]')
      from vouchsafe.product_entitlements s where s.tenant_id = r.tenant_id and s.product_id = r.id))`,
  fields: {
    key: same('key'),
    name: same('name'),
    requires_entitlement: same('requires_entitlement'),
    retired: (retired: boolean) => ({ active: !retired }),
  },
  fixed: ['key', 'requires_entitlement'],
  children: { surfaces: writeSurfaces },
})

export const { create: createProduct, get: getProduct, list: listProducts, update: updateProduct } = base

async function writeSurfaces(
  tx: Tx,
  { tenant }: WriteScope,
  product: string,
  surfaces: readonly Surface[],
): Promise<void> {
  const rows = surfaces.map(({ surface, open = null, deny_as }) => ({
    tenant_id: tenant,
    product_id: product,
    surface,
    open,
    deny_as: deny_as || null,
  }))
  const kept = rows.map(({ surface }) => surface)
  await tx`delete from vouchsafe.product_entitlements
    where tenant_id = ${tenant} and product_id = ${product} and surface <> all (${kept}::text[])`
  if (rows.length === 0) return
  await tx`insert into vouchsafe.product_entitlements ${tx(rows)}
    on conflict (tenant_id, product_id, surface) do update set open = excluded.open, deny_as = excluded.deny_as`
}

export type Restriction = { readonly product: string; readonly requires_entitlement: boolean }

export type Restricted = {
  readonly product: ProductDocument
  readonly backfilled_members: number
  readonly withheld_members: number
  /** What the counts leave out, for people to read. */
  readonly warnings: readonly string[]
}

const why = 'had access when the product was restricted'

/**
 * Restricts a product, or opens it. Whoever has access when it is restricted gets a right of their own; opening leaves
 * these rights. A repeat changes nothing.
 */
export const restrictProduct: Command<Restriction, Restricted> = async (
  tx,
  scope,
  { product: key, requires_entitlement },
) => {
  const { id, document } = await base.find(tx, scope, key, true)
  const restricts = requires_entitlement && !document.requires_entitlement
  const surfaces = new Set(document.surfaces.map(({ surface }) => surface))
  const { backfilled, withheld } = restricts
    ? await backfill(tx, scope, { id, key, surfaces }, why)
    : { backfilled: 0, withheld: 0 }
  await tx`update vouchsafe.products
    set requires_entitlement = ${requires_entitlement}, backfilled_members = ${restricts ? backfilled : null}
    where tenant_id = ${scope.tenant} and id = ${id} and requires_entitlement <> ${requires_entitlement}`
  const product = await base.get(tx, scope, key)
  const warnings = restricts ? await restrictionWarnings(tx, scope.tenant) : []
  return { product, backfilled_members: backfilled, withheld_members: withheld, warnings }
}
