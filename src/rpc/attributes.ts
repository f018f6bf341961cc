import { AppError } from '#core/errors.ts'
import type { JsonObject } from '#core/json.ts'
import { limits } from './limits.ts'

const none: JsonObject = {}

/** The context's attributes, within bounds. Throws INVALID_FIELD beyond them. */
export function boundedAttributes(attributes: JsonObject | undefined): JsonObject {
  if (attributes === undefined) return none
  if (Object.keys(attributes).length > limits.attributeKeys) throw refused('max_pairs')
  if (isDeeperThan(attributes, limits.nesting)) throw refused('nesting')
  return attributes
}

/** Whether objects and lists nest deeper than `levels`; looks no further than that. */
function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  return Object.values(value).some((inner) => isDeeperThan(inner, levels - 1))
}

function refused(rule: string): AppError {
  const text = `context.attributes: at most ${limits.attributeKeys} keys, nested at most ${limits.nesting} deep.`
  return new AppError('INVALID_FIELD', text, { field: 'context.attributes', rule })
}
