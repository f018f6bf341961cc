import type { Catalogue, Giving, Plan, Product } from '#core/catalogue.ts'
import type { EntitlementDefinition } from '#core/entitlement.ts'
import { optionalJson, optionalUuid, text, uuid } from './row.ts'
import { type OnPoison, readEach } from './salvage.ts'
import type { SmallRows } from './small-tables.ts'

type Parts = {
  readonly entitlements: ReadonlyMap<string, EntitlementDefinition>
  readonly products: ReadonlyMap<string, Product>
  readonly plan_versions: ReadonlyMap<string, Plan>
}

type Givers = Map<string, Giving>

/** Which targets give each key: itself, the plan versions with an item for it, and its families' members. */
export function buildGivers(rows: SmallRows, parts: Parts, onPoison: OnPoison): Catalogue['givers'] {
  const byTarget = new Map<string, Givers>()
  for (const { id } of parts.entitlements.values()) byTarget.set(id, new Map([[id, { kind: 'entitlement' }]]))
  for (const { id } of parts.products.values()) byTarget.set(id, new Map([[id, { kind: 'product' }]]))
  readEach(rows.all('plan_items'), 'plan_items', onPoison, (row) => {
    const version = uuid(row, 'plan_version_id')
    const given = optionalUuid(row, 'entitlement_id') ?? uuid(row, 'product_id')
    const plan = parts.plan_versions.get(version)
    if (plan === undefined) return
    const value = optionalJson(row, 'value')
    byTarget.get(given)?.set(version, { kind: 'plan', plan: plan.key, ...(value !== undefined && { value }) })
  })

  const givers = new Map<string, Givers>()
  for (const { key, id } of parts.products.values())
    givers.set(`product:${key}`, byTarget.get(id) ?? new Map())
  const members = familyMembers(rows, parts.entitlements, onPoison)
  for (const { key, id } of parts.entitlements.values()) givers.set(key, withFamilies(id, byTarget, members))
  return givers
}

/** Entitlement id → ids of those whose key matches one of its patterns. */
function familyMembers(
  rows: SmallRows,
  entitlements: Parts['entitlements'],
  onPoison: OnPoison,
): ReadonlyMap<string, readonly string[]> {
  const members = new Map<string, string[]>()
  readEach(rows.all('entitlement_families'), 'entitlement_families', onPoison, (row) => {
    const prefix = text(row, 'pattern').replace(/\*$/, '')
    const of = uuid(row, 'entitlement_id')
    const matching = [...entitlements.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .map(({ id }) => id)
    members.set(of, [...(members.get(of) ?? []), ...matching])
  })
  return members
}

// Whoever holds a member holds the family, so members of members count as well. What gives the key itself wins.
function withFamilies(
  id: string,
  byTarget: ReadonlyMap<string, Givers>,
  members: ReadonlyMap<string, readonly string[]>,
): Givers {
  if (!members.has(id)) return byTarget.get(id) ?? new Map()
  const all: Givers = new Map()
  const seen = new Set([id])
  for (const entitlement of seen) {
    for (const [target, giving] of byTarget.get(entitlement) ?? [])
      if (!all.has(target)) all.set(target, giving)
    for (const member of members.get(entitlement) ?? []) seen.add(member)
  }
  return all
}
