import type { Issuer } from '#core/catalogue.ts'
import { createKeySet, type KeySet, type KeySetNeeds, type KeySource, lastGoodMs } from './key-set.ts'

type Needs = Omit<KeySetNeeds, 'closing'>

const tickMs = 5000
const maxSets = 10_000

export type KeySets = ReturnType<typeof createKeySets>

/** One key set per place where keys are, shared by the issuer rows that name it, and refreshed in the background. */
export function createKeySets(needs: Needs) {
  const closing = new AbortController()
  const sets = new Map<string, KeySet>()
  const timer = setInterval(tick, tickMs).unref()

  function tick(): void {
    for (const [name, set] of sets) {
      if (set.idleMs() > lastGoodMs) drop(name, set)
      else set.tick()
    }
  }

  function drop(name: string, set: KeySet): void {
    set.retire()
    sets.delete(name)
  }

  function dropLongestUnused(): void {
    const [oldest] = [...sets].sort(([, a], [, b]) => b.idleMs() - a.idleMs())
    if (oldest !== undefined) drop(...oldest)
  }

  return {
    of(issuer: Issuer): KeySet {
      const source: KeySource =
        issuer.jwks_uri === undefined ? { jwks: issuer.jwks } : { jwks_uri: issuer.jwks_uri }
      const name = JSON.stringify(source)
      const known = sets.get(name)
      if (known !== undefined) return known
      if (sets.size >= maxSets) dropLongestUnused()
      const set = createKeySet(source, { ...needs, closing: closing.signal })
      sets.set(name, set)
      return set
    },
    /** What the timer does every 5 s. */
    tick,
    close(): void {
      clearInterval(timer)
      closing.abort()
    },
  }
}
