import type { Issuer } from '#core/catalogue.ts'

const known = new WeakMap<Issuer, string>()

/** The content of an issuer row as text. The catalogue is replaced whole, so an unchanged row may be a new object. */
export function issuerFingerprint(issuer: Issuer): string {
  const found = known.get(issuer)
  if (found !== undefined) return found
  const text = JSON.stringify(issuer)
  known.set(issuer, text)
  return text
}
