import { onlyValues } from './only-values.ts'
import type { ReadTold } from './told.ts'

/** The client's request itself, with `prefix` before its path: Envoy's HTTP service. */
export function readPrefixed(prefix: string): ReadTold {
  return (told) => {
    const values = onlyValues(told, ['host'])
    if ('unclear' in values) return values
    if (!told.url.startsWith(prefix)) return { unclear: 'no prefix' }
    return { method: told.method, host: values[0], target: told.url.slice(prefix.length) }
  }
}
