import { onlyValues } from './only-values.ts'
import type { ReadTold } from './told.ts'

/** The client's request itself, with `prefix` before its path: Envoy's HTTP service. */
export function readPrefixed(prefix: string): ReadTold {
  return (told) => {
    const values = onlyValues(told, ['host'])
    if ('unclear' in values) return values
    if (!told.url.startsWith(prefix)) return { unclear: 'no prefix' }
    const target = told.url.slice(prefix.length)
    const partial = told.headers['x-envoy-auth-partial-body'] ?? []
    return { method: told.method, host: values[0], target, body_truncated: !partial.every(isNo) }
  }
}

function isNo(value: string): boolean {
  return value === 'false'
}
