import type { AttributeRule } from './entitlement.ts'
import type { Json } from './json.ts'

const types: readonly unknown[] = [
  'string',
  'number',
  'boolean',
  'string_list',
] satisfies AttributeRule['type'][]
const known = new Set(['type', 'required', 'one_of', 'min', 'max'])

/** What is wrong with the rule for an attribute, or undefined: then it is an AttributeRule. */
export function attributeRuleProblem(rule: Json): string | undefined {
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) return 'is no object'
  const unknown = Object.keys(rule).find((name) => !known.has(name))
  if (unknown !== undefined) return `has no field "${unknown}"`
  const { type, required, one_of, min, max } = rule as Readonly<Record<string, Json>>
  if (!types.includes(type)) return 'has no type: string, number, boolean or string_list'
  if (required !== undefined && typeof required !== 'boolean')
    return 'says required with something else than a boolean'
  if (one_of !== undefined && !Array.isArray(one_of)) return 'says one_of with something else than a list'
  if (min !== undefined && typeof min !== 'number') return 'says min with something else than a number'
  if (max !== undefined && typeof max !== 'number') return 'says max with something else than a number'
  return undefined
}
