import { createPublicKey, type KeyObject } from 'node:crypto'
import { algorithmsOf } from './algorithms.ts'

/** One public key of an identity provider. */
export type SigningKey = {
  readonly kid: string | undefined
  /** What it may verify. */
  readonly algorithms: readonly string[]
  readonly key: KeyObject
  /** Its public numbers as text: two keys are the same key when these are. */
  readonly identity: string
}

const publicMembers = ['kty', 'crv', 'n', 'e', 'x', 'y'] as const
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']
const minRsaBits = 2048

/** Undefined for what is not a usable public signature key: encryption, symmetric, private, weak or unknown ones. */
export function importSigningKey(jwk: unknown): SigningKey | undefined {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return undefined
  const members = new Map<string, unknown>(Object.entries(jwk))
  const use = members.get('use')
  const operations = members.get('key_ops')
  if (use !== undefined && use !== 'sig') return undefined
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    return undefined
  // A provider that publishes a private key has lost it.
  if (secretMembers.some((name) => members.has(name))) return undefined
  const kid = members.get('kid')
  if (kid !== undefined && typeof kid !== 'string') return undefined
  const algorithms = algorithmsOf(members.get('kty'), members.get('crv'), members.get('alg'))
  if (algorithms.length === 0) return undefined
  const numbers = Object.fromEntries(
    publicMembers.flatMap((name) =>
      typeof members.get(name) === 'string' ? [[name, members.get(name)]] : [],
    ),
  )
  try {
    const key = createPublicKey({ key: numbers, format: 'jwk' })
    if (key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < minRsaBits)
      return undefined
    return { kid, algorithms, key, identity: JSON.stringify([numbers, algorithms]) }
  } catch {
    return undefined
  }
}
