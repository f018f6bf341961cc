import type { EntitlementDocument } from '#admin/entitlements.ts'
import type { ModuleDocument } from '#admin/modules.ts'
import type { ItemDocument, PlanDocument } from '#admin/plan-versions.ts'
import type { MappingDocument } from '#admin/prices.ts'
import type { ProductDocument } from '#admin/products.ts'
import type { ResourceDocument } from '#admin/resources.ts'
import type { RouteDocument } from '#admin/routes.ts'
import type { Json } from '#core/json.ts'

export type PlanEntry = Pick<PlanDocument, 'key' | 'name' | 'kind' | 'rank' | 'group' | 'trial_days'> & {
  readonly items: readonly ItemDocument[]
  /** No version of it is for sale; then items do not count. */
  readonly unpublished: boolean
}

export type CatalogDocument = {
  readonly modules: readonly ModuleDocument[]
  readonly entitlements: readonly EntitlementDocument[]
  readonly products: readonly ProductDocument[]
  readonly plans: readonly PlanEntry[]
  readonly price_mappings: readonly MappingDocument[]
  readonly routes: readonly RouteDocument[]
  readonly resources: readonly ResourceDocument[]
}

export type FieldChange = { readonly field: string; readonly before?: Json; readonly after: Json }

export type CatalogChange = {
  readonly kind: 'module' | 'entitlement' | 'product' | 'plan' | 'price_mapping' | 'route' | 'resource'
  readonly name: string
  readonly action: 'create' | 'update' | 'publish' | 'archive' | 'retire' | 'delete'
  readonly fields: readonly FieldChange[]
  /** "entitlements[3]"; empty for what the document does not name. */
  readonly path: string
}
