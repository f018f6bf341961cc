import type { Issuer } from '#core/catalogue.ts'
import { AppError } from '#core/errors.ts'
import type { Fetch } from '#identity/key-download.ts'
import { createTokenVerifier, type TokenVerifier } from '#identity/token-verifier.ts'
import type { VerifiedToken } from '#identity/verified-token.ts'
import { type Counts, countingMetrics, keptLog, noon } from './fixtures.ts'

export type Bench = {
  readonly verifier: TokenVerifier
  readonly counts: Counts
  readonly lines: string[]
  /** Writable: what the next call sees. */
  readonly world: { now: number; monotonic: number; rows: Issuer[]; fetched: number }
  /** The cause of a refusal, the failure's code, or "accepted". */
  outcome(token: string, tenant?: string): Promise<string>
  accept(token: string, tenant?: string): Promise<VerifiedToken>
}

/** A verifier over real keys, with a clock that stands still until it is moved. */
export function bench(rows: Issuer[], settings: { cacheSize?: number; fetch?: Fetch } = {}): Bench {
  const world = { now: noon, monotonic: 0, rows, fetched: 0 }
  const metrics = countingMetrics()
  const log = keptLog()
  const real = settings.fetch ?? fetch
  const verifier = createTokenVerifier({
    snapshot: { issuersOf: (iss) => world.rows.filter((row) => row.iss === iss) },
    now: () => world.now,
    monotonic: () => world.monotonic,
    log,
    metrics,
    fetch: (url, init) => {
      world.fetched++
      return real(url, init)
    },
    ...(settings.cacheSize === undefined ? {} : { cacheSize: settings.cacheSize }),
  })
  return {
    verifier,
    counts: metrics.counts,
    lines: log.lines,
    world,
    accept: async (token, tenant) => verifier.verify(token, tenant),
    async outcome(token, tenant) {
      try {
        await verifier.verify(token, tenant)
        return 'accepted'
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        return error.code === 'TOKEN_REFUSED' ? (error.metadata.cause ?? 'no cause') : error.code
      }
    },
  }
}
