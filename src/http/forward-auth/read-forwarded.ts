import { onlyValues } from './only-values.ts'
import type { ReadTold } from './told.ts'

const names = ['x-forwarded-method', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-uri'] as const

/** X-Forwarded-Method, -Proto, -Host and -Uri, as Caddy and Traefik send them. */
export const readForwarded: ReadTold = (told) => {
  const values = onlyValues(told, names)
  if ('unclear' in values) return values
  const [method, scheme, host, target] = values
  if (!/^(https?|wss?)$/.test(scheme)) return { unclear: 'a scheme that is none' }
  return { method, host, target }
}
