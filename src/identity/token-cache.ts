import { hash } from 'node:crypto'
import type { Issuer } from '#core/catalogue.ts'
import type { Snapshot } from '#core/tenant-view.ts'
import { createGenerations } from './generations.ts'
import { issuerFingerprint } from './issuer-fingerprint.ts'
import type { KeySet } from './key-set.ts'
import type { SigningKey } from './signing-key.ts'
import type { VerifiedToken } from './verified-token.ts'

type Entry = {
  readonly token: VerifiedToken
  readonly key: SigningKey
  readonly keys: KeySet
}

type Needs = {
  readonly snapshot: Pick<Snapshot, 'issuersOf'>
  readonly now: () => number
  readonly size: number
}

/**
 * SHA-256 of the whole token, and the tenant it was asked for: a token may fit several. The digest has a fixed length,
 * so no two pairs make one key. The raw token is not kept.
 */
export function tokenCacheKey(token: string, tenant: string | undefined): string {
  return `${hash('sha256', token, 'base64')}${tenant ?? ''}`
}

/** Tokens verified before. An entry counts until its exp and only while its key and its issuer row are unchanged. */
export function createTokenCache(needs: Needs) {
  const entries = createGenerations<Entry>(needs.size)

  function holds(entry: Entry): boolean {
    return entry.token.expires_at > needs.now() && entry.keys.has(entry.key) && isCurrent(entry.token.issuer)
  }

  function isCurrent(issuer: Issuer): boolean {
    const row = needs.snapshot.issuersOf(issuer.iss).find((current) => current.id === issuer.id)
    if (row === undefined) return false
    return row === issuer || issuerFingerprint(row) === issuerFingerprint(issuer)
  }

  return {
    get(key: string): VerifiedToken | undefined {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      if (holds(entry)) return entry.token
      entries.delete(key)
      return undefined
    },
    set: (key: string, entry: Entry): void => entries.set(key, entry),
    size: (): number => entries.size(),
  }
}
