import type { LoadPolicy } from '#core/policy.ts'
import type { ActiveBundle } from '#core/verdict.ts'
import { openBundle } from './open-bundle.ts'

export type BundleStatus = {
  readonly revision?: string
  /** Milliseconds. */
  readonly activated_at?: number
  /** Why the newest one offered was not taken. Absent after one was. */
  readonly last_error?: string
}

export type Activation =
  | { readonly activated: true; readonly revision: string }
  | { readonly activated: false; readonly reason: string }

/** Holds the bundle in use. Swapping is one assignment; a request captures `current()` once. */
export type BundleHolder = {
  readonly current: () => ActiveBundle | undefined
  /** Takes the bundle, or keeps the old one and says why. Never throws. Calls run one after the other. */
  readonly activate: (bytes: Uint8Array) => Promise<Activation>
  /** Notes that a source could not give one. */
  readonly reject: (reason: string) => Activation
  readonly status: () => BundleStatus
  /** Calls back after each swap. Returns the unsubscriber. */
  readonly subscribe: (listener: (bundle: ActiveBundle) => void) => () => void
}

type Needs = {
  /** Milliseconds. */
  readonly now: () => number
  readonly loadPolicy: LoadPolicy
}

export function createBundleHolder({ now, loadPolicy }: Needs): BundleHolder {
  let bundle: ActiveBundle | undefined
  let status: BundleStatus = {}
  let last: Promise<unknown> = Promise.resolve()
  const listeners = new Set<(bundle: ActiveBundle) => void>()

  async function swap(bytes: Uint8Array): Promise<Activation> {
    let next: ActiveBundle
    try {
      next = await openBundle(bytes, { loadPolicy })
    } catch (cause) {
      return reject(cause instanceof Error ? cause.message : String(cause))
    }
    bundle = next
    status = { revision: next.revision, activated_at: now() }
    for (const listener of listeners) queueMicrotask(() => listener(next))
    return { activated: true, revision: next.revision }
  }

  function reject(reason: string): Activation {
    status = { ...status, last_error: reason }
    return { activated: false, reason }
  }

  return {
    current: () => bundle,
    activate(bytes) {
      const done = last.then(() => swap(bytes))
      last = done
      return done
    },
    reject,
    status: () => status,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
