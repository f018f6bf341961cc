type KeyShape = { readonly kty: string; readonly crv?: string }

/** Everything the verifier needs to know about an algorithm, in one place. Symmetric ones and "none" do not exist here. */
const shapes: ReadonlyMap<string, KeyShape> = new Map([
  ['RS256', { kty: 'RSA' }],
  ['RS384', { kty: 'RSA' }],
  ['RS512', { kty: 'RSA' }],
  ['PS256', { kty: 'RSA' }],
  ['PS384', { kty: 'RSA' }],
  ['PS512', { kty: 'RSA' }],
  ['ES256', { kty: 'EC', crv: 'P-256' }],
  ['ES384', { kty: 'EC', crv: 'P-384' }],
  ['ES512', { kty: 'EC', crv: 'P-521' }],
  ['EdDSA', { kty: 'OKP', crv: 'Ed25519' }],
  ['Ed25519', { kty: 'OKP', crv: 'Ed25519' }],
])

export function isAsymmetric(algorithm: string): boolean {
  return shapes.has(algorithm)
}

/** The algorithms a key of this shape may verify; narrowed to `stated` where the key names one. */
export function algorithmsOf(kty: unknown, crv: unknown, stated: unknown): string[] {
  const fitting = [...shapes].filter(
    ([, shape]) => shape.kty === kty && (shape.crv === undefined || shape.crv === crv),
  )
  const names = fitting.map(([name]) => name)
  if (stated === undefined) return names
  // EdDSA and Ed25519 are two names of one algorithm.
  if (kty === 'OKP' && names.includes(String(stated))) return names
  return names.filter((name) => name === stated)
}
