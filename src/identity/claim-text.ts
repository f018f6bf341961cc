import type { Json } from '#core/json.ts'

const maxLength = 1024
const maxDepth = 16

/** Text that may go further: no control characters (it could end a header line), no lone surrogates, bounded. */
export function isClaimText(text: Json | undefined): text is string {
  if (typeof text !== 'string' || text.length === 0 || text.length > maxLength) return false
  return text.isWellFormed() && !hasControl(text)
}

/** A value all of whose texts may go further, nested at most 16 deep. */
export function isClaimValue(value: Json, depth = maxDepth): boolean {
  if (typeof value === 'string')
    return value.length <= maxLength && value.isWellFormed() && !hasControl(value)
  if (typeof value !== 'object' || value === null) return true
  if (depth === 0) return false
  return Object.entries(value).every(([name, inner]) => isClaimText(name) && isClaimValue(inner, depth - 1))
}

function hasControl(text: string): boolean {
  return /\p{Cc}|[\u2028\u2029]/u.test(text)
}
