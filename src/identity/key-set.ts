import type { Log } from '#observe/logger.ts'
import { downloadKeys, type Fetch } from './key-download.ts'
import { parseKeySet } from './parse-key-set.ts'
import type { SigningKey } from './signing-key.ts'

/** Where the keys of an issuer are. */
export type KeySource = { readonly jwks_uri: string } | { readonly jwks: unknown }

export type KeySetNeeds = {
  readonly fetch: Fetch
  /** Milliseconds that never step back. */
  readonly monotonic: () => number
  readonly log: Log
  readonly onFetch: (outcome: 'ok' | 'failed' | 'junk') => void
  /** Aborts downloads on shutdown. */
  readonly closing: AbortSignal
}

/** At most one download in this time, whatever asked for it and however the last one went. */
export const cooldownMs = 30_000
/** A removed key is refused within 10 minutes, so the refresh starts a little earlier. */
export const refreshMs = 570_000
/** How long keys outlive an identity provider that does not answer. */
export const lastGoodMs = 6 * 3_600_000

export type KeySet = ReturnType<typeof createKeySet>

/**
 * The keys of one issuer, kept through outages and junk answers: the last good ones serve until a good
 * download replaces them. It must never download once per token.
 */
export function createKeySet(source: KeySource, needs: KeySetNeeds) {
  let keys: readonly SigningKey[] = []
  let loadedAt = Number.NEGATIVE_INFINITY
  let attemptedAt = Number.NEGATIVE_INFINITY
  let underWay: Promise<void> | undefined
  let usedAt = needs.monotonic()
  let used = false

  if ('jwks' in source) accept(source.jwks)

  function accept(document: unknown): 'ok' | 'junk' {
    const parsed = parseKeySet(document)
    if ('junk' in parsed) {
      needs.log.error({ ...nameOf(source), reason: parsed.junk }, 'an identity provider’s keys are unusable')
      return 'junk'
    }
    // A key that stays keeps its object: cached tokens hold on to it and are dropped when it goes.
    keys = parsed.keys.map(
      (key) => keys.find((old) => old.kid === key.kid && old.identity === key.identity) ?? key,
    )
    loadedAt = needs.monotonic()
    return 'ok'
  }

  async function download(address: string): Promise<void> {
    attemptedAt = needs.monotonic()
    let outcome: 'ok' | 'failed' | 'junk'
    try {
      outcome = accept(await downloadKeys(address, needs.fetch, needs.closing))
    } catch (err) {
      if (needs.closing.aborted) return
      needs.log.warn({ ...nameOf(source), err }, 'an identity provider’s keys could not be fetched')
      outcome = 'failed'
    }
    needs.onFetch(outcome)
  }

  /** Downloads unless the last attempt is too recent; joins one that is under way. Never rejects. */
  async function refetch(): Promise<void> {
    if (!('jwks_uri' in source) || needs.closing.aborted) return
    if (underWay === undefined) {
      if (needs.monotonic() - attemptedAt < cooldownMs) return
      underWay = download(source.jwks_uri).finally(() => {
        underWay = undefined
      })
    }
    await underWay
  }

  return {
    /** "unknown" may be cured by a refetch, "unsuitable" not: the key is there but not for this algorithm. */
    find(kid: string | undefined, algorithm: string): SigningKey | 'unknown' | 'unsuitable' {
      used = true
      const named = kid === undefined ? keys : keys.filter((key) => key.kid === kid)
      if (named.length === 0) return 'unknown'
      const fitting = named.filter((key) => key.algorithms.includes(algorithm))
      const [only] = fitting
      return only !== undefined && fitting.length === 1 ? only : 'unsuitable'
    },
    /** Whether a key found earlier still counts: a cached token is believed no longer than its key. */
    has(key: SigningKey): boolean {
      used = true
      return keys.includes(key)
    },
    available: (): boolean => keys.length > 0,
    refetch,
    /** Starts what is due by the clock: the background refresh, and the end of keys that are too old to believe. */
    tick(): void {
      if (!('jwks_uri' in source)) return
      const age = needs.monotonic() - loadedAt
      if (age >= lastGoodMs) keys = []
      if (age >= refreshMs) void refetch()
    },
    /** For how long no key was asked for, in ms, to the precision of the calls. */
    idleMs(): number {
      if (used) usedAt = needs.monotonic()
      used = false
      return needs.monotonic() - usedAt
    },
    /** Forgets all keys, so that tokens cached with one of them are verified anew. */
    retire(): void {
      keys = []
    },
  }
}

function nameOf(source: KeySource): { readonly jwks_uri: string } {
  return { jwks_uri: 'jwks_uri' in source ? source.jwks_uri : 'inline' }
}
