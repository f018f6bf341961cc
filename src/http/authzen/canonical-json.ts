import type { Json } from '#core/json.ts'

/** The same text for the same value, in whatever order its members were written. */
export function canonicalJson(value: Json): string {
  return JSON.stringify(value, (_name, inner: Json) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
