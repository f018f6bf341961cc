import { onlyValues } from './only-values.ts'
import type { ReadTold } from './told.ts'

/** X-Original-Method, -Host and -URI: nginx and HAProxy send what their configuration says, and these are what ours says. */
export const readOriginal: ReadTold = (told) => {
  const values = onlyValues(told, ['x-original-method', 'x-original-host', 'x-original-uri'])
  if ('unclear' in values) return values
  const [method, host, target] = values
  return { method, host, target }
}
