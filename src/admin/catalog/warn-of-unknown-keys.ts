import type { RouteDocument } from '#admin/routes.ts'
import type { Work } from './do-step.ts'
import type { Step } from './steps.ts'

const resources = ['product', 'content', 'navigation']

/** A route may name what is made later. Until then nobody has it, which is worth a word: it may be a typo. */
export async function warnOfUnknownKeys(
  { tx, scope, warnings }: Work,
  steps: readonly Step[],
): Promise<void> {
  const asking = steps
    .filter(({ kind, action }) => kind === 'route' && action !== 'delete')
    .map(({ name, wanted }) => ({ name, keys: keysOf(wanted as RouteDocument) }))
  const named = new Set(asking.flatMap(({ keys }) => keys))
  if (named.size === 0) return
  const rows = await tx<{ key: string }[]>`select key from vouchsafe.entitlements
    where tenant_id = ${scope.tenant} and key = any(${[...named]})`
  for (const { key } of rows) named.delete(key)
  for (const key of named) {
    const routes = asking.filter(({ keys }) => keys.includes(key))
    const more = routes.length > 1 ? ` and ${routes.length - 1} more` : ''
    warnings.add(`There is no entitlement "${key}", which the route ${routes[0]?.name}${more} needs.`)
  }
}

/** None of a route that asks about a resource: it names a surface. */
function keysOf({ any_of, all_of, context }: RouteDocument): readonly string[] {
  return resources.some((field) => Object.hasOwn(context, field)) ? [] : [...any_of, ...all_of]
}
