import type { Command, Scope } from '#admin/command.ts'
import { listEntitlements } from '#admin/entitlements.ts'
import { listModules } from '#admin/modules.ts'
import type { Page, PageInput } from '#admin/page.ts'
import { listPlans, listPlanVersions, type VersionDocument } from '#admin/plan-versions.ts'
import { listPriceMappings } from '#admin/prices.ts'
import { listProducts } from '#admin/products.ts'
import { listResources } from '#admin/resources.ts'
import { listRoutes } from '#admin/routes.ts'
import type { Tx } from '#postgres/pool.ts'
import type { CatalogDocument } from './documents.ts'
import { normalCatalog } from './normal.ts'

export type StoredVersion = Pick<VersionDocument, 'n' | 'status'>

export type Stored = {
  /** Price mappings name the version of a plan that they mean. */
  readonly catalog: CatalogDocument
  /** By the plan's key, oldest first. */
  readonly versions: ReadonlyMap<string, readonly StoredVersion[]>
}

/** The catalogue as it is stored, in its normal form. */
export async function readStored(tx: Tx, scope: Scope): Promise<Stored> {
  const versions = new Map<string, readonly VersionDocument[]>()
  const plans = []
  for (const plan of await all(tx, scope, listPlans, {})) {
    const found = await all(tx, scope, listPlanVersions, { plan: plan.key })
    versions.set(plan.key, found)
    const current = found.findLast(({ status }) => status === 'published')
    plans.push({ ...plan, items: current?.items ?? [], unpublished: current === undefined })
  }
  const catalog = normalCatalog({
    modules: await all(tx, scope, listModules, {}),
    entitlements: await all(tx, scope, listEntitlements, {}),
    products: await all(tx, scope, listProducts, {}),
    plans,
    price_mappings: await all(tx, scope, listPriceMappings, { product: '', external_id: '' }),
    routes: await all(tx, scope, listRoutes, {}),
    resources: [
      ...(await all(tx, scope, listResources, { kind: 'content' })),
      ...(await all(tx, scope, listResources, { kind: 'navigation' })),
    ],
  })
  return { catalog, versions }
}

async function all<I extends object, T>(
  tx: Tx,
  scope: Scope,
  list: Command<PageInput & I, Page<T>>,
  input: I,
): Promise<readonly T[]> {
  const items: T[] = []
  let page_token = ''
  do {
    const page = await list(tx, scope, { ...input, page_size: 1000, page_token })
    items.push(...page.items)
    page_token = page.next_page_token
  } while (page_token !== '')
  return items
}
