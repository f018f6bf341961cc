import { attributeRuleProblem } from '#core/attribute-rule.ts'
import { isReservedKey } from '#core/entitlement.ts'
import type { Json, JsonObject } from '#core/json.ts'
import type { Tx } from '#postgres/pool.ts'
import { json, orElse, orNull, same, stated } from './columns.ts'
import type { WriteScope } from './command.ts'
import { invalid } from './invalid.ts'
import { notFound } from './not-found.ts'
import { type Columns, resource } from './resource.ts'

type FailMode = { readonly mode: string; readonly for_ms: string }

export type EntitlementDocument = {
  readonly key: string
  readonly name: string
  readonly kind: string
  readonly combine: string
  readonly attributes?: JsonObject
  readonly requires: readonly string[]
  readonly requires_facts: readonly string[]
  readonly experiment?: { readonly key: string; readonly variants: readonly string[] }
  readonly unit: string
  readonly deny_as: number
  readonly fail_mode?: FailMode
  readonly archived: boolean
  readonly families: readonly string[]
  readonly etag?: string
}

export const {
  create: createEntitlement,
  get: getEntitlement,
  list: listEntitlements,
  update: updateEntitlement,
} = resource<EntitlementDocument, 'key' | 'kind' | 'combine'>({
  noun: 'entitlement',
  table: 'entitlements',
  name: 'key',
  document: (tx) => tx`jsonb_build_object('key', r.key, 'name', r.name, 'kind', r.kind, 'combine', r.combine,
    'attributes', r.attributes, 'requires', to_jsonb(r.requires), 'requires_facts', to_jsonb(r.requires_facts),
    'experiment', r.experiment, 'unit', coalesce(r.unit, ''), 'deny_as', r.deny_as, 'fail_mode', r.fail_mode,
    'archived', r.archived_at is not null, 'families', (
      select coalesce(jsonb_agg(f.pattern order by f.pattern), '[]') from vouchsafe.entitlement_families f
      where f.tenant_id = r.tenant_id and f.entitlement_id = r.id))`,
  fields: {
    key: freeKey,
    name: same('name'),
    kind: stated('kind'),
    combine: stated('combine'),
    attributes: attributes(),
    requires: requires(),
    requires_facts: same('requires_facts'),
    experiment: json('experiment', null),
    unit: orNull('unit'),
    deny_as: orElse('deny_as', 403),
    fail_mode: failMode(),
    archived: (archived: boolean, { scope }) => ({ archived_at: archived ? new Date(scope.now) : null }),
  },
  fixed: ['key', 'kind'],
  children: { families: writeFamilies },
})

// Whoever held the entitlement "product:x" would hold the product x.
function freeKey(key: string) {
  if (isReservedKey(key))
    throw invalid('entitlement.key', 'What comes before the colon is kept for products and resources.')
  return { key }
}

function attributes(): Columns {
  return (rules: JsonObject | undefined, { tx }) => {
    for (const [name, rule] of Object.entries(rules ?? {})) {
      const problem = attributeRuleProblem(rule as Json)
      if (problem) throw invalid('attributes', `The rule for "${name}" ${problem}.`)
    }
    return { attributes: tx.json((rules ?? {}) as never) }
  }
}

function requires(): Columns {
  return async (keys: readonly string[] = [], { tx, scope }) => {
    const rows = await tx<{ key: string }[]>`
      select key from vouchsafe.entitlements where tenant_id = ${scope.tenant} and key = any (${[...keys]})`
    const missing = keys.find((key) => !rows.some((row) => row.key === key))
    if (missing !== undefined) throw notFound('entitlement', missing)
    return { requires: [...keys] }
  }
}

function failMode(): Columns {
  return (said: FailMode | undefined, { tx }) => {
    const { mode, for_ms } = said ?? { mode: 'last_known', for_ms: '86400000' }
    return { fail_mode: tx.json(mode === 'last_known' ? { mode, for_ms: Number(for_ms) } : { mode }) }
  }
}

async function writeFamilies(
  tx: Tx,
  { tenant }: WriteScope,
  entitlement: string,
  families: readonly string[],
): Promise<void> {
  await tx`delete from vouchsafe.entitlement_families
    where tenant_id = ${tenant} and entitlement_id = ${entitlement} and pattern <> all (${[...families]}::text[])`
  const rows = families.map((pattern) => ({ tenant_id: tenant, pattern, entitlement_id: entitlement }))
  if (rows.length > 0) await tx`insert into vouchsafe.entitlement_families ${tx(rows)} on conflict do nothing`
}
