import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import type { Command, Scope } from './command.ts'
import { readId, showId } from './ids.ts'
import { notFound } from './not-found.ts'
import { type Page, type PageInput, readPage } from './page.ts'
import { resolveTarget } from './resolve-target.ts'

/** Exactly one of plan ("key@n"), product and entitlement. */
export type MappingDocument = {
  readonly id: string
  readonly match: string
  readonly external_id: string
  readonly plan?: string
  readonly product?: string
  readonly entitlement?: string
}

type Row = { readonly id: string; readonly mapping: MappingDocument }
type Changed = { readonly mapping: MappingDocument; readonly changed: boolean }

/** Says what something at the payment provider gives. The same again changes nothing. */
export const mapPrice: Command<MappingDocument, Changed> = async (tx, scope, mapping) => {
  const { plan, product, entitlement, external_id } = mapping
  const ref = plan ? { plan } : product ? { product } : { entitlement: entitlement ?? '' }
  const { plan_version_id, product_id, entitlement_id } = await resolveTarget(tx, scope.tenant, ref)
  const match = mapping.match || 'price'
  const row = { match, external_id, plan_version_id, product_id, entitlement_id }
  const made = await tx`
    insert into vouchsafe.price_mappings ${tx({ tenant_id: scope.tenant, id: newId(), ...row })}
    on conflict do nothing`
  const [found] = await tx<Row[]>`
    ${select(tx, scope)} and m.match = ${match} and m.external_id = ${external_id}
      and (m.plan_version_id, m.product_id, m.entitlement_id)
        is not distinct from (${plan_version_id}::uuid, ${product_id}::uuid, ${entitlement_id}::uuid)`
  if (!found) throw notFound('price mapping', external_id)
  return { mapping: found.mapping, changed: made.count > 0 }
}

/** Nothing to take back is no error. */
export const unmapPrice: Command<string, { readonly changed: boolean }> = async (tx, scope, text) => {
  const id = readId('prm', text)
  if (id === undefined) throw notFound('price mapping', text)
  const gone = await tx`delete from vouchsafe.price_mappings where tenant_id = ${scope.tenant} and id = ${id}`
  return { changed: gone.count > 0 }
}

export const listPriceMappings: Command<
  PageInput & { readonly product: string; readonly external_id: string },
  Page<MappingDocument>
> = async (tx, scope, { product, external_id, ...input }) => {
  const page = await readPage(
    scope.pageTokens,
    [scope.tenant, 'price_mappings', product, external_id],
    input,
    (after, limit) => tx<Row[]>`
      ${select(tx, scope)} ${product ? tx`and o.key = ${product}` : tx``}
        ${external_id ? tx`and m.external_id = ${external_id}` : tx``}
        ${after ? tx`and (m.external_id, m.id) > (${after[0] as string}, ${after[1] as string})` : tx``}
      order by m.external_id, m.id limit ${limit}`,
    ({ mapping }) => [mapping.external_id, readId('prm', mapping.id) ?? ''],
  )
  return { ...page, items: page.items.map(({ mapping }) => mapping) }
}

function select(tx: Tx, { tenant }: Scope) {
  return tx`select m.id, jsonb_strip_nulls(jsonb_build_object('id', ${showId('prm', '')} || m.id, 'match', m.match,
      'external_id', m.external_id, 'plan', p.key || '@' || v.n, 'product', o.key, 'entitlement', e.key)) as mapping
    from vouchsafe.price_mappings m
    left join vouchsafe.plan_versions v on v.tenant_id = m.tenant_id and v.id = m.plan_version_id
    left join vouchsafe.plans p on p.tenant_id = v.tenant_id and p.id = v.plan_id
    left join vouchsafe.products o on o.tenant_id = m.tenant_id and o.id = m.product_id
    left join vouchsafe.entitlements e on e.tenant_id = m.tenant_id and e.id = m.entitlement_id
    where m.tenant_id = ${tenant}`
}
