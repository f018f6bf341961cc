import type { Catalogue } from '#core/catalogue.ts'

/** What may be asked: an entitlement's key, "product:<key>", "content:<key>" or "navigation:<key>"; or all of it. */
export type Bearing = ReadonlySet<string> | 'all'

/** The questions whose answers may differ, for anybody, where one catalogue takes the other's place. */
export function bearingOfCatalogues(before: Catalogue, after: Catalogue): Bearing {
  if (before === after) return new Set()
  if (differ(general(before), general(after))) return 'all'
  const keys = new Set<string>()
  addChanged(keys, before.entitlements, after.entitlements)
  addChanged(keys, before.products, after.products, 'product:')
  addChanged(keys, before.resources, after.resources)
  addChanged(keys, before.givers, after.givers)
  // Whom a tier reaches without a grant has its newest version.
  const renewed = new Set<string>()
  for (const { key, current } of [...before.plans.values(), ...after.plans.values()]) {
    const now = after.plans.get(key)?.current
    const then = before.plans.get(key)?.current
    if (now !== then && current !== undefined) renewed.add(current)
  }
  for (const key of givenBy([before, after], renewed)) keys.add(key)
  return withDependents([before, after], keys)
}

/** The questions whose answers may differ for whoever gains or loses grants of these targets. */
export function bearingOfTargets(
  catalogues: readonly Catalogue[],
  targets: ReadonlySet<string> | 'all',
): Bearing {
  return targets === 'all' ? 'all' : withDependents(catalogues, givenBy(catalogues, targets))
}

/** Everything that can be asked. What stands for an entitlement is asked as that. */
export function allOf(catalogues: readonly Catalogue[]): ReadonlySet<string> {
  const keys = new Set<string>()
  for (const { entitlements, products, resources } of catalogues) {
    for (const key of entitlements.keys()) keys.add(key)
    for (const key of products.keys()) keys.add(`product:${key}`)
    for (const [key, { entitlement }] of resources) if (entitlement === undefined) keys.add(key)
  }
  return keys
}

// What every decision sees, or may.
function general({ tenant, modules, plans }: Catalogue) {
  const tiers = [...plans.values()].filter(({ kind }) => kind === 'tier')
  return [tenant, [...modules], tiers.map(({ id, key, rank }) => [id, key, rank]).sort()]
}

function addChanged(
  keys: Set<string>,
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
  prefix = '',
): void {
  for (const key of new Set([...before.keys(), ...after.keys()]))
    if (differ(before.get(key), after.get(key))) keys.add(prefix + key)
}

function givenBy(catalogues: readonly Catalogue[], targets: ReadonlySet<string>): Set<string> {
  const keys = new Set<string>()
  if (targets.size === 0) return keys
  for (const { givers } of catalogues) {
    for (const [key, by] of givers) if (!targets.isDisjointFrom(new Set(by.keys()))) keys.add(key)
  }
  return keys
}

function withDependents(catalogues: readonly Catalogue[], keys: Set<string>): Bearing {
  for (const { modules, entitlements } of catalogues) {
    for (const { member_entitlement: member } of modules.values())
      if (member !== undefined && keys.has(member)) return 'all'
    for (const { key, requires } of entitlements.values())
      if (requires.some((required) => keys.has(required))) keys.add(key)
  }
  return keys
}

function differ(one: unknown, other: unknown): boolean {
  return one !== other && JSON.stringify(one, plain) !== JSON.stringify(other, plain)
}

function plain(_: string, value: unknown): unknown {
  if (value instanceof Map) return [...value].sort(([a], [b]) => (a < b ? -1 : 1))
  return value
}
