import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import type { Command, Scope } from './command.ts'
import { readId, showId } from './ids.ts'
import { invalid } from './invalid.ts'
import { moduleKey } from './module-key.ts'
import { notFound } from './not-found.ts'
import { type Page, type PageInput, readPage } from './page.ts'
import { resolveTarget } from './resolve-target.ts'

/** Exactly one of plan ("key@n"), product and entitlement. What is unset is absent or empty. */
export type MappingDocument = {
  readonly id: string
  readonly match: string
  readonly external_id: string
  readonly plan?: string
  readonly product?: string
  readonly entitlement?: string
  readonly module?: string
  /** "seats", "value" or "follows_seats"; else the bought number means nothing. */
  readonly quantity?: string
  /** Of seats: the pool's key. */
  readonly pool?: string
}

type Row = { readonly id: string; readonly mapping: MappingDocument }
type Changed = { readonly mapping: MappingDocument; readonly changed: boolean }

/**
 * Says what something at the payment provider gives, also to those who bought it already. The same again changes
 * nothing; another meaning of its quantity replaces the one before.
 */
export const mapPrice: Command<MappingDocument, Changed> = async (tx, scope, mapping) => {
  const done = await putMapping(tx, scope, mapping)
  if (done.changed) await scope.remap?.(tx, [mapping.external_id])
  return done
}

/** Takes it back, also from those who bought it. Nothing to take back is no error. */
export const unmapPrice: Command<string, { readonly changed: boolean }> = async (tx, scope, text) => {
  const external_id = await dropMapping(tx, scope, text)
  if (external_id !== undefined) await scope.remap?.(tx, [external_id])
  return { changed: external_id !== undefined }
}

/** As mapPrice, for whoever sees to those who bought it. */
export const putMapping: Command<MappingDocument, Changed> = async (tx, scope, mapping) => {
  const { plan, product, entitlement, external_id } = mapping
  const ref = plan ? { plan } : product ? { product } : { entitlement: entitlement ?? '' }
  const { plan_version_id, product_id, entitlement_id, kind } = await resolveTarget(tx, scope.tenant, ref)
  const match = mapping.match || 'price'
  const quantity = mapping.quantity || 'ignored'
  const pool = mapping.pool || null
  checkQuantity(match, quantity, pool, kind)
  const module = mapping.module ? await moduleKey(tx, scope.tenant, mapping.module) : null
  const target = { plan_version_id, product_id, entitlement_id }
  const row = { tenant_id: scope.tenant, id: newId(), match, external_id, ...target, module, quantity, pool }
  const made = await tx`
    insert into vouchsafe.price_mappings ${tx(row)}
    on conflict on constraint price_mappings_once do update set quantity = excluded.quantity
      where price_mappings.quantity <> excluded.quantity`
  const [found] = await tx<Row[]>`
    ${select(tx, scope)} and m.match = ${match} and m.external_id = ${external_id}
      and (m.plan_version_id, m.product_id, m.entitlement_id, m.module, m.pool) is not distinct from
        (${plan_version_id}::uuid, ${product_id}::uuid, ${entitlement_id}::uuid, ${module}::text, ${pool}::text)`
  if (!found) throw notFound('price mapping', external_id)
  return { mapping: found.mapping, changed: made.count > 0 }
}

/** As unmapPrice, for whoever sees to those who bought it. Gives what it was about; undefined where there was none. */
export const dropMapping: Command<string, string | undefined> = async (tx, scope, text) => {
  const id = readId('prm', text)
  if (id === undefined) throw notFound('price mapping', text)
  const [gone] = await tx<{ external_id: string }[]>`
    delete from vouchsafe.price_mappings where tenant_id = ${scope.tenant} and id = ${id} returning external_id`
  return gone?.external_id
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

const countable = ['limit', 'metered', 'credit']

function checkQuantity(match: string, quantity: string, pool: string | null, kind: string | null): void {
  const seats = quantity === 'seats' || quantity === 'follows_seats'
  if (seats && pool === null) throw invalid('pool', 'Seats need the key of a pool.')
  if (!seats && pool !== null) throw invalid('pool', 'A pool needs a quantity of seats or follows_seats.')
  if (match === 'feature' && quantity !== 'ignored') throw invalid('quantity', 'A feature has no quantity.')
  if (quantity === 'value' && !countable.includes(kind ?? '')) {
    throw invalid('quantity', 'Only an entitlement that is counted takes its value from a quantity.')
  }
}

function select(tx: Tx, { tenant }: Scope) {
  return tx`select m.id, jsonb_strip_nulls(jsonb_build_object('id', ${showId('prm', '')} || m.id, 'match', m.match,
      'external_id', m.external_id, 'plan', p.key || '@' || v.n, 'product', o.key, 'entitlement', e.key,
      'module', m.module, 'quantity', nullif(m.quantity, 'ignored'), 'pool', m.pool)) as mapping
    from vouchsafe.price_mappings m
    left join vouchsafe.plan_versions v on v.tenant_id = m.tenant_id and v.id = m.plan_version_id
    left join vouchsafe.plans p on p.tenant_id = v.tenant_id and p.id = v.plan_id
    left join vouchsafe.products o on o.tenant_id = m.tenant_id and o.id = m.product_id
    left join vouchsafe.entitlements e on e.tenant_id = m.tenant_id and e.id = m.entitlement_id
    where m.tenant_id = ${tenant}`
}
