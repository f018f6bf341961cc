import { attributeRuleProblem } from '#core/attribute-rule.ts'
import {
  type AttributeRule,
  type EntitlementDefinition,
  type FailMode,
  isEntitlementKey,
  isReservedKey,
} from '#core/entitlement.ts'
import type { Json, JsonObject } from '#core/json.ts'
import { object, oneOf, optionalInstant, PoisonRow, type Row, text, texts, uuid } from './row.ts'

/** Throws PoisonRow. */
export function readEntitlement(row: Row): EntitlementDefinition {
  const key = text(row, 'key')
  if (!isEntitlementKey(key) || isReservedKey(key)) throw new PoisonRow('key is no entitlement key')
  const experiment = readExperiment(row)
  return {
    id: uuid(row, 'id'),
    key,
    kind: oneOf(row, 'kind', ['boolean', 'config', 'limit', 'metered', 'credit']),
    combine: oneOf(row, 'combine', ['any', 'max', 'sum', 'union']),
    deny_as: oneOf(row, 'deny_as', [401, 402, 403, 404, 429]),
    fail_mode: readFailMode(object(row, 'fail_mode')),
    requires: texts(row, 'requires'),
    requires_facts: texts(row, 'requires_facts'),
    attributes: readAttributes(object(row, 'attributes')),
    ...(experiment && { experiment }),
    archived: optionalInstant(row, 'archived_at') !== undefined,
  }
}

function readFailMode(value: JsonObject): FailMode {
  const mode = oneOf(value, 'mode', ['open', 'closed', 'last_known'])
  if (mode !== 'last_known') return { mode }
  const duration = value.for_ms
  if (typeof duration !== 'number' || !(duration >= 0)) throw new PoisonRow('fail_mode has no duration')
  return { mode, for_ms: duration }
}

function readExperiment(row: Row): EntitlementDefinition['experiment'] {
  if (row.experiment === null || row.experiment === undefined) return undefined
  const value = object(row, 'experiment')
  return { key: text(value, 'key'), variants: texts(value, 'variants') }
}

function readAttributes(value: JsonObject): Readonly<Record<string, AttributeRule>> {
  for (const [name, rule] of Object.entries(value)) {
    const problem = attributeRuleProblem(rule as Json)
    if (problem) throw new PoisonRow(`the rule for ${name} ${problem}`)
  }
  return value as unknown as Readonly<Record<string, AttributeRule>>
}
