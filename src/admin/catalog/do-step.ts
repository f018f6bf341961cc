import type { Scope } from '#admin/command.ts'
import { entitlementId } from '#admin/entitlement-id.ts'
import { createEntitlement, type EntitlementDocument, updateEntitlement } from '#admin/entitlements.ts'
import { createModule, type ModuleDocument, updateModule } from '#admin/modules.ts'
import { notFound } from '#admin/not-found.ts'
import {
  createPlan,
  createPlanVersion,
  publishPlanVersion,
  retirePlanVersion,
  updatePlan,
} from '#admin/plan-versions.ts'
import { dropMapping, listPriceMappings, putMapping } from '#admin/prices.ts'
import { createProduct, type ProductDocument, restrictProduct, updateProduct } from '#admin/products.ts'
import { deleteResource, putResource, type ResourceDocument } from '#admin/resources.ts'
import { createRoute, deleteRoute, type RouteDocument, updateRoute } from '#admin/routes.ts'
import { AppError } from '#core/errors.ts'
import type { Tx } from '#postgres/pool.ts'
import type { PlanEntry } from './documents.ts'
import { type MappingStep, nameOf } from './mapping-steps.ts'
import type { Step } from './steps.ts'
import type { Stored } from './stored.ts'

export type Work = {
  readonly tx: Tx
  readonly scope: Scope
  readonly stored: Stored
  /** Entitlements that were made without all that they require. */
  readonly unfinished: Step<EntitlementDocument>[]
  /** What people should read. */
  readonly warnings: Set<string>
  /** What at the payment provider gives something else now. */
  readonly remapped: Set<string>
}

/** Makes one change. */
export async function doStep(work: Work, step: Step): Promise<void> {
  const { tx, scope } = work
  const fields = step.fields.map(({ field }) => field)
  switch (step.kind) {
    case 'module': {
      const document = step.wanted as ModuleDocument
      if (step.action === 'create') await createModule(tx, scope, document)
      else await updateModule(tx, scope, { document, fields })
      return
    }
    case 'entitlement':
      return doEntitlement(work, step as Step<EntitlementDocument>, fields)
    case 'product':
      return doProduct(work, step as Step<ProductDocument>, fields)
    case 'plan':
      return doPlan(work, step as Step<PlanEntry>, fields)
    case 'price_mapping':
      return doMapping(work, step as MappingStep)
    case 'route': {
      const document = step.wanted as RouteDocument
      if (step.action === 'create') await createRoute(tx, scope, document)
      else if (step.action === 'delete') await deleteRoute(tx, scope, await routeId(work, document))
      else
        await updateRoute(tx, scope, { document: { ...document, id: await routeId(work, document) }, fields })
      return
    }
    case 'resource': {
      const document = step.wanted as ResourceDocument
      if (step.action === 'delete') await deleteResource(tx, scope, document)
      else await putResource(tx, scope, document)
    }
  }
}

async function doEntitlement(work: Work, step: Step<EntitlementDocument>, fields: readonly string[]) {
  const { tx, scope, unfinished } = work
  const { wanted, action } = step
  if (action === 'archive') {
    await updateEntitlement(tx, scope, { document: { ...wanted, archived: true }, fields: ['archived'] })
  } else if (action === 'update') await updateEntitlement(tx, scope, { document: wanted, fields })
  else {
    const requires = []
    for (const key of wanted.requires) if (await isThere(tx, scope, key)) requires.push(key)
    await createEntitlement(tx, scope, { ...wanted, requires, archived: false })
    if (requires.length < wanted.requires.length) unfinished.push(step)
  }
}

async function isThere(tx: Tx, { tenant }: Scope, key: string): Promise<boolean> {
  return entitlementId(tx, tenant, key).then(
    () => true,
    (error: unknown) => {
      if (error instanceof AppError && error.code === 'NOT_FOUND') return false
      throw error
    },
  )
}

async function doProduct(
  { tx, scope, warnings: said }: Work,
  { wanted, action }: Step<ProductDocument>,
  fields: readonly string[],
) {
  if (action === 'create') await createProduct(tx, scope, wanted)
  else if (action === 'retire') {
    await updateProduct(tx, scope, { document: { ...wanted, retired: true }, fields: ['retired'] })
  } else {
    const own = fields.filter((field) => field !== 'requires_entitlement')
    await updateProduct(tx, scope, { document: wanted, fields: own })
    if (own.length < fields.length) {
      const { key: product, requires_entitlement } = wanted
      const { warnings } = await restrictProduct(tx, scope, { product, requires_entitlement })
      for (const warning of warnings) said.add(warning)
    }
  }
}

async function doPlan({ tx, scope, stored }: Work, step: Step<PlanEntry>, fields: readonly string[]) {
  const { key, items, unpublished: _, ...plan } = step.wanted
  if (step.action === 'create') await createPlan(tx, scope, { key, ...plan })
  else if (step.action === 'update') await updatePlan(tx, scope, { document: { key, ...plan }, fields })
  else if (step.action === 'publish') {
    const { version } = await createPlanVersion(tx, scope, { plan: key, items })
    await publishPlanVersion(tx, scope, { version: `${key}@${version.n}`, etag: '' })
  } else {
    for (const { n, status } of stored.versions.get(key) ?? []) {
      if (status === 'published') await retirePlanVersion(tx, scope, { version: `${key}@${n}` })
    }
  }
}

async function doMapping({ tx, scope, remapped }: Work, { action, wanted, gone }: MappingStep) {
  if (gone) {
    const { external_id } = gone
    const page = { product: '', external_id, page_size: 1000 }
    const { items } = await listPriceMappings(tx, scope, page)
    const found = items.find((mapping) => nameOf(mapping) === nameOf(gone))
    if (found) await dropMapping(tx, scope, found.id)
  }
  if (action !== 'delete') await putMapping(tx, scope, wanted)
  remapped.add(wanted.external_id)
}

async function routeId({ tx, scope }: Work, { host, method, pattern }: RouteDocument): Promise<string> {
  const [row] = await tx<{ id: string }[]>`select id from vouchsafe.routes
    where tenant_id = ${scope.tenant} and host = ${host} and method = ${method} and pattern = ${pattern}`
  if (!row) throw notFound('route', pattern)
  return row.id
}
