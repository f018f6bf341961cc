/** starting: no usable snapshot or bundle yet. draining: finishing what is in flight. */
export type HealthState = 'starting' | 'serving' | 'draining'

export type Readiness = {
  readonly ready: boolean
  readonly state: HealthState
  /** What is missing: "snapshot", "bundle", "draining". */
  readonly missing: readonly string[]
}

type Needs = {
  /** Milliseconds since the start of the last successful poll. */
  readonly ageMs: () => number
  /** Past this age the data counts as stale. Readiness does not depend on it. */
  readonly softBoundMs: number
}

export type Health = ReturnType<typeof createHealth>

/**
 * Whether this node should get questions. It fails only with no usable snapshot or bundle, or while draining:
 * were staleness part of it, one database outage would take the whole fleet down.
 */
export function createHealth(needs: Needs) {
  let snapshot = false
  let bundle = false
  let draining = false
  let last = false
  const listeners = new Set<(readiness: Readiness) => void>()

  function readiness(): Readiness {
    const missing = [
      ...(snapshot ? [] : ['snapshot']),
      ...(bundle ? [] : ['bundle']),
      ...(draining ? ['draining'] : []),
    ]
    const state = draining ? 'draining' : missing.length > 0 ? 'starting' : 'serving'
    return { ready: missing.length === 0, state, missing }
  }

  function changed(): void {
    const current = readiness()
    if (current.ready === last) return
    last = current.ready
    for (const listener of listeners) listener(current)
  }

  return {
    snapshotLoaded(): void {
      snapshot = true
      changed()
    },
    bundleActivated(): void {
      bundle = true
      changed()
    },
    /** There is no way back from draining. */
    drain(): void {
      draining = true
      changed()
    },
    readiness,
    stale: (): boolean => needs.ageMs() > needs.softBoundMs,
    /** Calls back when readiness flips. Returns the unsubscriber. */
    subscribe(listener: (readiness: Readiness) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
