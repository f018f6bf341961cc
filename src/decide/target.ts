import type { Catalogue, Module, Product } from '#core/catalogue.ts'
import type { EntitlementDefinition } from '#core/entitlement.ts'
import type { Organization, TenantView } from '#core/tenant-view.ts'
import type { Question } from './verbs.ts'

/** What a question means in the catalogue. */
export type Target = {
  /** What records must give to count: an entitlement's key, or "product:<key>". */
  readonly key: string
  readonly definition: EntitlementDefinition
  /** Set for products, and for content and navigation that need no entitlement. */
  readonly product?: {
    readonly key: string
    readonly requires_entitlement: boolean
    readonly surface: string
    readonly open: boolean
  }
  readonly module?: Module
  readonly organization?: Organization
  readonly deny_as: number
}

/** The question names something the tenant does not have: a denial, decided without the policy. */
export type UnknownTarget = { readonly unknown: string; readonly deny_as: number }

export function resolveTarget(view: TenantView, question: Question): Target | UnknownTarget {
  const { catalogue } = view
  const asked = resolveAsked(catalogue, question)
  if ('unknown' in asked) return asked

  const moduleKey = question.context.module ?? catalogue.tenant.default_module
  const module = moduleKey === undefined ? undefined : catalogue.modules.get(moduleKey)
  if (question.context.module !== undefined && !module) return { unknown: 'MODULE_UNKNOWN', deny_as: 403 }

  const named = question.context.organization
  const organization = named === undefined ? undefined : view.organization(named)
  if (named !== undefined && !organization) return { unknown: 'ORGANIZATION_UNKNOWN', deny_as: 403 }

  return { ...asked, ...(module && { module }), ...(organization && { organization }) }
}

type Asked = Pick<Target, 'key' | 'definition' | 'product' | 'deny_as'>

function resolveAsked(catalogue: Catalogue, { entitlement, resource }: Question): Asked | UnknownTarget {
  if (resource?.kind === 'product') return askedProduct(catalogue.products.get(resource.id), entitlement)
  if (resource) return askedResource(catalogue, `${resource.kind}:${resource.id}`, entitlement)
  return askedEntitlement(catalogue, entitlement)
}

function askedEntitlement(catalogue: Catalogue, key: string): Asked | UnknownTarget {
  const definition = catalogue.entitlements.get(key)
  if (!definition || definition.archived) return { unknown: 'ENTITLEMENT_UNKNOWN', deny_as: 403 }
  return { key, definition, deny_as: definition.deny_as }
}

function askedProduct(product: Product | undefined, surface: string): Asked | UnknownTarget {
  if (!product?.active) return { unknown: 'PRODUCT_UNKNOWN', deny_as: 404 }
  const exception = product.surfaces.get(surface)
  return {
    key: `product:${product.key}`,
    definition: surfaceDefinition(surface),
    product: {
      key: product.key,
      requires_entitlement: product.requires_entitlement,
      surface,
      open: exception?.open ?? !product.requires_entitlement,
    },
    deny_as: exception?.deny_as ?? 403,
  }
}

function askedResource(catalogue: Catalogue, name: string, surface: string): Asked | UnknownTarget {
  const resource = catalogue.resources.get(name)
  if (!resource) return { unknown: 'RESOURCE_UNKNOWN', deny_as: 404 }
  if (resource.entitlement !== undefined) return askedEntitlement(catalogue, resource.entitlement)
  return {
    key: name,
    definition: surfaceDefinition(surface),
    product: { key: name, requires_entitlement: false, surface, open: true },
    deny_as: 403,
  }
}

/** Surfaces are no catalogue keys, so they have no row: they behave as a plain boolean. */
function surfaceDefinition(surface: string): EntitlementDefinition {
  return {
    id: '',
    key: surface,
    kind: 'boolean',
    combine: 'any',
    deny_as: 403,
    fail_mode: { mode: 'last_known', for_ms: 86_400_000 },
    requires: [],
    requires_facts: [],
    attributes: {},
    archived: false,
  }
}
