import type { Catalogue } from '#core/catalogue.ts'
import { entitlementType, use } from './question-of.ts'

/** The ids of a type that the catalogue knows. Of a type of one's own: the content whose key is "<type>/<id>". */
export function resourceIds(catalogue: Catalogue, type: string): readonly string[] {
  if (type === 'product') return [...catalogue.products.keys()].sort()
  if (type === entitlementType) return [...catalogue.entitlements.keys()].sort()
  const resources = [...catalogue.resources.values()]
  if (type === 'content' || type === 'navigation')
    return resources
      .filter(({ kind }) => kind === type)
      .map(({ key }) => key)
      .sort()
  const start = `${type}/`
  return resources
    .filter(({ kind, key }) => kind === 'content' && key.startsWith(start))
    .map(({ key }) => key.slice(start.length))
    .sort()
}

/** The actions on a resource that the catalogue knows. Of a type of one's own: those of its entitlements. */
export function actionNames(catalogue: Catalogue, type: string, id: string): readonly string[] {
  if (type === 'product') {
    const surfaces = catalogue.products.get(id)?.surfaces.keys() ?? []
    return [...new Set([use, ...surfaces])].sort()
  }
  if (type === 'content' || type === 'navigation' || type === entitlementType) return [use]
  const start = `${type}:`
  return [...catalogue.entitlements.keys()]
    .filter((key) => key.startsWith(start))
    .map((key) => key.slice(start.length))
    .sort()
}
