import type { Command } from '#admin/command.ts'
import type { CatalogDocument } from './documents.ts'
import { readStored } from './stored.ts'

/** The whole catalogue. A mapping to the version of a plan that is for sale names the plan alone, and so follows it. */
export const exportCatalog: Command<object, { readonly catalog: CatalogDocument }> = async (tx, scope) => {
  const { catalog, versions } = await readStored(tx, scope)
  const price_mappings = catalog.price_mappings.map((mapping) => {
    const [plan = '', n] = mapping.plan?.split('@') ?? []
    const current = versions.get(plan)?.findLast(({ status }) => status === 'published')
    return current && String(current.n) === n ? { ...mapping, plan } : mapping
  })
  return { catalog: { ...catalog, price_mappings } }
}
