import { errors, jwtVerify } from 'jose'
import { AppError } from '#core/errors.ts'
import type { JsonObject } from '#core/json.ts'
import type { Snapshot } from '#core/tenant-view.ts'
import { isAsymmetric } from './algorithms.ts'
import { type CompactToken, parseCompactToken } from './compact-token.ts'
import { extractClaims } from './extract-claims.ts'
import { type IssuerMatch, matchIssuer } from './issuer-match.ts'
import type { KeySet } from './key-set.ts'
import type { KeySets } from './key-sets.ts'
import { type RefusalCause, refusal } from './refusal.ts'
import type { SigningKey } from './signing-key.ts'
import { isSubjectText } from './subject-text.ts'
import { checkTokenKind } from './token-kind.ts'
import { tokenTimes } from './token-times.ts'
import type { VerifiedToken } from './verified-token.ts'

type Needs = {
  readonly snapshot: Pick<Snapshot, 'issuersOf'>
  readonly keySets: Pick<KeySets, 'of'>
  readonly now: () => number
}

export type Verification = { readonly token: VerifiedToken; readonly key: SigningKey; readonly keys: KeySet }

const maxToleranceSeconds = 60

/**
 * One whole verification, without any cache. The order matters: the row is found by unverified claims, but only to know
 * which keys and rules apply; nothing is answered from them before the signature holds.
 */
export async function verifyToken(
  text: string,
  tenant: string | undefined,
  needs: Needs,
): Promise<Verification> {
  const parsed = parseCompactToken(text)
  const { iss } = parsed.claims
  const rows = typeof iss === 'string' ? needs.snapshot.issuersOf(iss) : []
  if (rows.length === 0) throw refusal('issuer')
  const match = matchIssuer(rows, parsed.claims, tenant)
  if (tenant === undefined || match.issuer.tenant === tenant) return verifyAs(match, parsed, text, needs)
  try {
    return await verifyAs(match, parsed, text, needs)
  } catch (error) {
    // What is wrong with a foreign tenant's token is not told: it would say that the tenant uses this issuer.
    if (!(error instanceof AppError)) throw error
    throw refusal(rows.some((row) => row.tenant === tenant) ? 'audience' : 'issuer')
  }
}

async function verifyAs(
  { issuer, audience }: IssuerMatch,
  parsed: CompactToken,
  text: string,
  needs: Needs,
): Promise<Verification> {
  const { algorithm, kid } = parsed
  if (!issuer.algorithms.includes(algorithm) || !isAsymmetric(algorithm)) throw refusal('algorithm')
  const keys = needs.keySets.of(issuer)
  const key = await findKey(keys, kid, algorithm)
  const clock = { now: needs.now(), tolerance: Math.min(issuer.tolerance_seconds, maxToleranceSeconds) }
  const claims = await verifySignature(text, key, algorithm, clock)
  checkTokenKind(issuer, parsed.header, claims)
  const times = tokenTimes(claims, clock)
  const { sub } = claims
  if (!isSubjectText(sub)) throw refusal('subject')
  const token: VerifiedToken = {
    tenant: issuer.tenant,
    issuer,
    iss: issuer.iss,
    sub,
    audience,
    kind: claims.client_id === sub || claims.azp === sub ? 'service' : 'user',
    claims: extractClaims(claims, issuer.claim_map),
    ...times,
  }
  return { token, key, keys }
}

async function findKey(keys: KeySet, kid: string | undefined, algorithm: string): Promise<SigningKey> {
  let found = keys.find(kid, algorithm)
  if (found === 'unknown') {
    await keys.refetch()
    found = keys.find(kid, algorithm)
  }
  if (!keys.available()) throw refusal('keys_unavailable')
  if (typeof found === 'string') throw refusal('key')
  return found
}

async function verifySignature(
  text: string,
  key: SigningKey,
  algorithm: string,
  clock: { readonly now: number; readonly tolerance: number },
): Promise<JsonObject> {
  try {
    const { payload } = await jwtVerify(text, () => key.key, {
      algorithms: [algorithm],
      requiredClaims: ['iss', 'sub', 'exp'],
      currentDate: new Date(clock.now),
      clockTolerance: clock.tolerance,
    })
    return payload as JsonObject
  } catch (error) {
    throw refusal(causeOf(error))
  }
}

function causeOf(error: unknown): RefusalCause {
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature'
  if (error instanceof errors.JWTExpired) return 'expired'
  if (error instanceof errors.JOSEAlgNotAllowed) return 'algorithm'
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.claim === 'nbf' && error.reason === 'check_failed' ? 'not_yet' : 'malformed'
  }
  return error instanceof errors.JOSEError ? 'malformed' : 'key'
}
