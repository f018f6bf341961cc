import type { Json } from '#core/json.ts'
import { keyOf } from '#stripe/key-of.ts'
import type { WantedGrant } from '#stripe/wanted.ts'

/**
 * One grant of each key. What is bought several times in one go adds up; where two mappings say the same of one thing
 * sold, the one that gives more counts.
 */
export function merged(grants: readonly WantedGrant[], how: 'sum' | 'more'): readonly WantedGrant[] {
  const byKey = new Map<string, WantedGrant>()
  for (const grant of grants) {
    const key = keyOf(grant)
    const other = byKey.get(key)
    byKey.set(key, other ? together(other, grant, how) : grant)
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, grant]) => grant)
}

function together(one: WantedGrant, other: WantedGrant, how: 'sum' | 'more'): WantedGrant {
  const { quantity: _q, value: _v, ...rest } = one
  const quantity = sumOf(one.quantity, other.quantity, how)
  const value = valueTogether(one.value, other.value, how)
  return { ...rest, ...(quantity !== undefined && { quantity }), ...(value !== undefined && { value }) }
}

/** Absent is any number. */
function sumOf(a: number | undefined, b: number | undefined, how: 'sum' | 'more'): number | undefined {
  if (a === undefined || b === undefined) return undefined
  return how === 'sum' ? a + b : Math.max(a, b)
}

function valueTogether(a: Json | undefined, b: Json | undefined, how: 'sum' | 'more'): Json | undefined {
  return typeof a === 'number' && typeof b === 'number' ? sumOf(a, b, how) : (a ?? b)
}
