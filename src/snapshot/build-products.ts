import type { Product, Resource, Surface } from '#core/catalogue.ts'
import { boolean, oneOf, optionalUuid, PoisonRow, text, uuid } from './row.ts'
import { type OnPoison, readEach } from './salvage.ts'
import type { SmallRows } from './small-tables.ts'

const surfaceCodes = [401, 402, 403, 404, 429] as const

/** Products by key, with their exceptions by surface. An exception that cannot be read leaves no exception. */
export function buildProducts(rows: SmallRows, onPoison: OnPoison): ReadonlyMap<string, Product> {
  const surfaces = new Map<string, Map<string, Surface>>()
  readEach(rows.all('product_entitlements'), 'product_entitlements', onPoison, (row) => {
    const product = uuid(row, 'product_id')
    const surface: Surface = {
      ...(row.open !== null && { open: boolean(row, 'open') }),
      ...(row.deny_as !== null && { deny_as: oneOf(row, 'deny_as', surfaceCodes) }),
    }
    const of = surfaces.get(product) ?? new Map<string, Surface>()
    surfaces.set(product, of.set(text(row, 'surface'), surface))
  })
  const products = readEach(rows.all('products'), 'products', onPoison, (row): [string, Product] => {
    const id = uuid(row, 'id')
    const key = text(row, 'key')
    const requires = boolean(row, 'requires_entitlement')
    const active = boolean(row, 'active')
    const of = surfaces.get(id) ?? new Map<string, Surface>()
    return [key, { id, key, name: text(row, 'name'), requires_entitlement: requires, active, surfaces: of }]
  })
  return new Map(products)
}

/** Content and navigation by "kind:key". One whose entitlement cannot be told is left out: it must not read as open. */
export function buildResources(rows: SmallRows, onPoison: OnPoison): ReadonlyMap<string, Resource> {
  const keys = new Map([...rows.all('entitlements')].map((row) => [row.id, row.key]))
  const resources = readEach(rows.all('resources'), 'resources', onPoison, (row): [string, Resource] => {
    const kind = oneOf(row, 'kind', ['content', 'navigation'])
    const key = text(row, 'key')
    const needs = optionalUuid(row, 'entitlement_id')
    if (needs === undefined) return [`${kind}:${key}`, { kind, key }]
    const entitlement = keys.get(needs)
    if (typeof entitlement !== 'string') throw new PoisonRow('the entitlement cannot be told')
    return [`${kind}:${key}`, { kind, key, entitlement }]
  })
  return new Map(resources)
}
