import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type JWTPayload, SignJWT } from 'jose'
import type { Catalogue, Issuer, Plan } from '#core/catalogue.ts'
import type { Log } from '#observe/logger.ts'

/** Real keys, made once per test file. */
export type TestKey = {
  readonly kid: string
  readonly alg: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly jwk: Record<string, unknown>
}

export function makeKey(kid: string, alg: 'RS256' | 'ES256' | 'EdDSA'): TestKey {
  const { privateKey, publicKey } = pairOf(alg)
  return {
    kid,
    alg,
    privateKey,
    publicKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' },
  }
}

function pairOf(alg: 'RS256' | 'ES256' | 'EdDSA'): { privateKey: KeyObject; publicKey: KeyObject } {
  if (alg === 'RS256') return generateKeyPairSync('rsa', { modulusLength: 2048 })
  if (alg === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return generateKeyPairSync('ed25519')
}

/** 2026-11-21T12:00:00Z: all tests run at this moment unless they move the clock. */
export const noon = Date.UTC(2026, 10, 21, 12)
export const seconds = noon / 1000
export const tenantA = '01990000-0000-7000-8000-00000000000a'
export const tenantB = '01990000-0000-7000-8000-00000000000b'

export function issuer(changes: Partial<Issuer> = {}): Issuer {
  return {
    id: '01990000-0000-7000-8000-000000000001',
    tenant: tenantA,
    iss: 'https://idp.example',
    kind: 'generic',
    audience_from: 'aud',
    audiences: ['api'],
    algorithms: ['RS256', 'ES256', 'EdDSA'],
    authority: 'both',
    claim_map: {},
    tolerance_seconds: 30,
    ...changes,
  }
}

export function payload(changes: Record<string, unknown> = {}): JWTPayload {
  return {
    iss: 'https://idp.example',
    aud: 'api',
    sub: 'alice',
    iat: seconds - 10,
    exp: seconds + 300,
    ...changes,
  }
}

export function sign(
  key: TestKey,
  claims: JWTPayload = payload(),
  header: Record<string, unknown> = {},
): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
    .sign(key.privateKey)
}

/** A token put together by hand, for what no library would sign. */
export function rawToken(header: object, claims: object, signature: string): string {
  return `${part(header)}.${part(claims)}.${signature}`
}

export function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

export type Counts = Record<string, number>

export function countingMetrics(): {
  counts: Counts
  tokenCache(outcome: string): void
  tokenRefused(cause: string): void
  keyFetch(outcome: string): void
  claimsDropped(kind: string, count: number): void
} {
  const counts: Counts = {}
  const add = (name: string, by = 1): void => {
    counts[name] = (counts[name] ?? 0) + by
  }
  return {
    counts,
    tokenCache: (outcome) => add(outcome),
    tokenRefused: (cause) => add(`refused ${cause}`),
    keyFetch: (outcome) => add(`fetch ${outcome}`),
    claimsDropped: (kind, count) => add(`dropped ${kind}`, count),
  }
}

export function keptLog(): Log & { readonly lines: string[] } {
  const lines: string[] = []
  const keep = (fields: object, message: string): void => {
    lines.push(`${message} ${JSON.stringify(fields)}`)
  }
  return { lines, debug: keep, info: keep, warn: keep, error: keep }
}

const tier = (key: string, rank: number): Plan => ({ id: key, key, kind: 'tier', rank })

/** A tenant with exactly the tiers free, supporter, pro, and an add-on plan. */
export function plans(): Pick<Catalogue, 'plans'> {
  const addon: Plan = { id: 'addon', key: 'addon', kind: 'addon', rank: 0 }
  return {
    plans: new Map([tier('free', 0), tier('supporter', 1), tier('pro', 2), addon].map((p) => [p.key, p])),
  }
}
