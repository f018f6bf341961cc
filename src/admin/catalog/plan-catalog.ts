import type { EntitlementDocument } from '#admin/entitlements.ts'
import { inOrder } from './dependency-order.ts'
import type { CatalogChange, CatalogDocument, PlanEntry } from './documents.ts'
import { mappingSteps } from './mapping-steps.ts'
import { compare, type KindSpec, type Step } from './steps.ts'
import type { Stored } from './stored.ts'

const key = ({ key }: { readonly key: string }) => key
const keyed = (kind: CatalogChange['kind'], list: string, fixed: readonly string[] = []) =>
  ({ kind, list, nameOf: key, naming: ['key'], fixed }) as const

/** What makes the stored catalogue the wanted one, in an order in which each can be done. */
export function planCatalog(
  { catalog, versions }: Stored,
  wanted: CatalogDocument,
  prune: boolean,
  pruneOnly: readonly string[] = [],
): readonly Step[] {
  const modules = compare(keyed('module', 'modules'), catalog.modules, wanted.modules)
  const entitlements = compare(
    keyed('entitlement', 'entitlements', ['kind']),
    catalog.entitlements,
    wanted.entitlements,
  )
  const products = compare(keyed('product', 'products'), catalog.products, wanted.products)
  const plans = compare(keyed('plan', 'plans', ['kind']), catalog.plans, wanted.plans)
  const routes = compare(routeSpec, catalog.routes, wanted.routes)
  const resources = compare(resourceSpec, catalog.resources, wanted.resources)
  const planSteps = [...plans.created, ...plans.updated].flatMap(asPublished)
  const published = new Set(planSteps.filter(({ action }) => action === 'publish').map(({ name }) => name))
  const mappings = mappingSteps(catalog, wanted, versions, published)

  const steps: Step[] = [
    ...modules.created,
    ...modules.updated,
    // What is archived is made first: what stands in for it may be in the way until the end.
    ...inOrder(entitlements.created).map(unarchived),
    ...entitlements.updated.flatMap(withoutArchiving),
    ...products.created,
    ...products.updated,
    ...planSteps.filter(({ action }) => action !== 'retire'),
    ...mappings.kept,
    ...routes.created,
    ...routes.updated,
    ...resources.created,
    ...resources.updated,
    ...[...entitlements.created, ...entitlements.updated].flatMap(archiving),
    ...planSteps.filter(({ action }) => action === 'retire'),
  ]
  if (!prune) return steps
  const unnamed = [
    ...mappings.unnamed,
    ...routes.unnamed.map((route) => gone('route', routeSpec.nameOf(route), 'delete', route)),
    ...resources.unnamed.map((each) => gone('resource', resourceSpec.nameOf(each), 'delete', each)),
    ...plans.unnamed
      .filter(({ unpublished }) => !unpublished)
      .map((plan) => gone('plan', plan.key, 'retire', plan)),
    ...products.unnamed
      .filter(({ retired }) => !retired)
      .map((each) => gone('product', each.key, 'retire', each)),
    ...entitlements.unnamed
      .filter(({ archived }) => !archived)
      .map((each) => gone('entitlement', each.key, 'archive', each)),
  ]
  return [...steps, ...unnamed.filter(({ kind }) => pruneOnly.length === 0 || pruneOnly.includes(kind))]
}

const routeSpec: KindSpec<CatalogDocument['routes'][number]> = {
  kind: 'route',
  list: 'routes',
  nameOf: ({ host, method, pattern }) => `${method} ${host}${pattern}`,
  naming: ['id', 'host', 'method', 'pattern'],
  fixed: [],
}

const resourceSpec: KindSpec<CatalogDocument['resources'][number]> = {
  kind: 'resource',
  list: 'resources',
  nameOf: ({ kind, key }) => `${kind}:${key}`,
  naming: ['kind', 'key'],
  fixed: [],
}

/** A plan's own fields, and apart from them the version that is published or those that are retired. */
function asPublished(step: Step<PlanEntry>): readonly Step<PlanEntry>[] {
  const sale = ['items', 'unpublished']
  const own = step.fields.filter(({ field }) => !sale.includes(field))
  const items = step.fields.filter(({ field }) => field === 'items')
  const isNew = step.action === 'create'
  const changesSale = step.fields.some(({ field }) => sale.includes(field))
  const steps: Step<PlanEntry>[] = isNew || own.length > 0 ? [{ ...step, fields: own }] : []
  if (step.wanted.unpublished) {
    if (!isNew && changesSale) steps.push({ ...step, action: 'retire', fields: [] })
  } else if (isNew || changesSale) steps.push({ ...step, action: 'publish', fields: items })
  return steps
}

const isArchived = ({ field }: { readonly field: string }) => field === 'archived'

function unarchived(step: Step<EntitlementDocument>): Step<EntitlementDocument> {
  return { ...step, fields: step.fields.filter((change) => !isArchived(change)) }
}

function withoutArchiving(step: Step<EntitlementDocument>): readonly Step<EntitlementDocument>[] {
  if (!step.wanted.archived || !step.fields.some(isArchived)) return [step]
  const rest = unarchived(step)
  return rest.fields.length > 0 ? [rest] : []
}

function archiving(step: Step<EntitlementDocument>): readonly Step<EntitlementDocument>[] {
  return step.wanted.archived && step.fields.some(isArchived)
    ? [{ ...step, action: 'archive', fields: [] }]
    : []
}

function gone<T>(
  kind: CatalogChange['kind'],
  name: string,
  action: CatalogChange['action'],
  wanted: T,
): Step<T> {
  return { kind, name, action, fields: [], path: '', wanted }
}
