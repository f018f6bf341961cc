import type { EntitlementDocument } from '#admin/entitlements.ts'
import type { ItemDocument } from '#admin/plan-versions.ts'
import type { MappingDocument } from '#admin/prices.ts'
import type { ProductDocument } from '#admin/products.ts'
import type { RouteDocument } from '#admin/routes.ts'
import type { CatalogDocument } from './documents.ts'

/**
 * The same catalogue, each thing in the one form that it has however it was written: defaults filled in, what has no
 * order sorted, and without what only the server gives. Equal catalogues are equal as values.
 */
export function normalCatalog(catalog: CatalogDocument): CatalogDocument {
  return {
    modules: catalog.modules.map(({ key, provisioning, member_entitlement, zone }) => ({
      key,
      provisioning: provisioning || 'direct_user',
      member_entitlement,
      zone: zone || 'UTC',
    })),
    entitlements: catalog.entitlements.map(normalEntitlement),
    products: catalog.products.map(normalProduct),
    plans: catalog.plans.map(({ key, name, kind, rank, group, trial_days, items, unpublished }) => ({
      key,
      name,
      kind,
      rank,
      group,
      trial_days: trial_days ?? 0,
      items: unpublished
        ? []
        : sortedBy(items.map(normalItem), (item) => item.entitlement || ` ${item.product}`),
      unpublished,
    })),
    price_mappings: catalog.price_mappings.map(normalMapping),
    routes: catalog.routes.map(normalRoute),
    resources: catalog.resources.map(({ kind, key, name, entitlement }) => ({
      kind,
      key,
      name,
      entitlement,
    })),
  }
}

function normalEntitlement({ etag: _, ...document }: EntitlementDocument): EntitlementDocument {
  const { attributes, experiment, fail_mode, families, ...rest } = document
  const { mode, for_ms = 86_400_000 } = fail_mode ?? { mode: 'last_known' }
  return {
    ...rest,
    attributes: attributes ?? {},
    ...(experiment && { experiment }),
    deny_as: rest.deny_as || 403,
    fail_mode: mode === 'last_known' ? { mode, for_ms: String(for_ms) } : { mode, for_ms: '0' },
    families: [...new Set(families)].sort(),
  }
}

function normalProduct({
  key,
  name,
  requires_entitlement,
  retired,
  surfaces,
}: ProductDocument): ProductDocument {
  const normal = surfaces.map(({ surface, open, deny_as }) => ({
    surface,
    ...(open !== undefined && { open }),
    deny_as,
  }))
  return { key, name, requires_entitlement, retired, surfaces: sortedBy(normal, (each) => each.surface) }
}

function normalRoute({
  host,
  method,
  pattern,
  any_of,
  all_of,
  context,
  ...route
}: RouteDocument): RouteDocument {
  return {
    id: '',
    host: host || '*',
    method: method || '*',
    pattern,
    public: route.public,
    any_of: [...any_of],
    all_of: [...all_of],
    context: context ?? {},
    partial_body: route.partial_body ?? false,
  }
}

function normalItem({ entitlement, product, value }: ItemDocument): ItemDocument {
  return { entitlement, product, ...(value !== undefined && { value }) }
}

function normalMapping({ match, external_id, quantity, ...mapping }: MappingDocument): MappingDocument {
  const { plan, product, entitlement, module, pool } = mapping
  return {
    id: '',
    match: match || 'price',
    external_id,
    ...(plan && { plan }),
    ...(product && { product }),
    ...(entitlement && { entitlement }),
    ...(module && { module }),
    ...(quantity && quantity !== 'ignored' && { quantity }),
    ...(pool && { pool }),
  }
}

function sortedBy<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0))
}
