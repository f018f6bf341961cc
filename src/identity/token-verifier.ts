import { AppError } from '#core/errors.ts'
import type { Snapshot } from '#core/tenant-view.ts'
import type { Log } from '#observe/logger.ts'
import { checkTokenShape } from './compact-token.ts'
import type { Fetch } from './key-download.ts'
import { createKeySets } from './key-sets.ts'
import { createTokenCache, tokenCacheKey } from './token-cache.ts'
import type { VerifiedToken } from './verified-token.ts'
import { verifyToken } from './verify-token.ts'

type Needs = {
  readonly snapshot: Pick<Snapshot, 'issuersOf'>
  readonly now: () => number
  readonly log: Log
  readonly metrics: {
    tokenCache(outcome: 'hit' | 'miss' | 'joined'): void
    tokenRefused(cause: string): void
    keyFetch(outcome: 'ok' | 'failed' | 'junk'): void
    claimsDropped(kind: string, count: number): void
  }
  /** Default: the global one. */
  readonly fetch?: Fetch
  /** Milliseconds that never step back. Default: performance.now. */
  readonly monotonic?: () => number
  /** How many verified tokens are kept. Default 10 000. */
  readonly cacheSize?: number
}

export type TokenVerifier = {
  /**
   * Who a token speaks for. Answers at once for a token seen before. Throws (or rejects with) AppError TOKEN_REFUSED with
   * `metadata.cause`, or TENANT_MISMATCH for a valid token of another tenant than the one expected.
   */
  verify(token: string, expectedTenant?: string): VerifiedToken | Promise<VerifiedToken>
  /** What the background timer does every 5 s: refresh keys that are due. */
  tick(): void
  /** Stops the timer and aborts downloads. */
  close(): void
}

export function createTokenVerifier(needs: Needs): TokenVerifier {
  const { snapshot, now, log, metrics } = needs
  const keySets = createKeySets({
    fetch: needs.fetch ?? fetch,
    monotonic: needs.monotonic ?? (() => performance.now()),
    log,
    onFetch: metrics.keyFetch,
  })
  const cache = createTokenCache({ snapshot, now, size: needs.cacheSize ?? 10_000 })
  const underWay = new Map<string, Promise<VerifiedToken>>()

  async function verifyOnce(
    text: string,
    tenant: string | undefined,
    cacheKey: string,
  ): Promise<VerifiedToken> {
    try {
      const verified = await verifyToken(text, tenant, { snapshot, keySets, now })
      const { token } = verified
      if (tenant !== undefined && token.tenant !== tenant) {
        throw new AppError('TENANT_MISMATCH', 'The tenant is unknown, or not the caller’s.')
      }
      if (token.claims.dropped > 0) metrics.claimsDropped('malformed', token.claims.dropped)
      cache.set(cacheKey, verified)
      return token
    } catch (error) {
      throw counted(error)
    } finally {
      underWay.delete(cacheKey)
    }
  }

  function counted(error: unknown): unknown {
    if (error instanceof AppError) metrics.tokenRefused(error.metadata.cause ?? 'tenant')
    return error
  }

  return {
    verify(text, expectedTenant) {
      try {
        checkTokenShape(text)
      } catch (error) {
        throw counted(error)
      }
      const cacheKey = tokenCacheKey(text, expectedTenant)
      const known = cache.get(cacheKey)
      if (known !== undefined) {
        metrics.tokenCache('hit')
        return known
      }
      const joined = underWay.get(cacheKey)
      metrics.tokenCache(joined === undefined ? 'miss' : 'joined')
      if (joined !== undefined) return joined
      const verification = verifyOnce(text, expectedTenant, cacheKey)
      underWay.set(cacheKey, verification)
      return verification
    },
    tick: keySets.tick,
    close: keySets.close,
  }
}
