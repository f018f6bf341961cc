import { backoffMs } from './backoff.ts'

/** Longer than this nobody waits after Stripe is back, ms. */
const longestPauseMs = 60_000
/** So many failures in a row are no chance. */
const failuresToPause = 3

const none = { failures: 0, until: 0 }

type Pause = { readonly failures: number; readonly until: number }

/** Where Stripe does not answer for an account, its customers wait together: one tries now and then. */
export function createAccountPauses(random: () => number) {
  const pauses = new Map<string, Pause>()
  return {
    /** How many customers of the account may be worked at, at once. `now` in ms. */
    atOnce(account: string, now: number, most: number): number {
      const pause = pauses.get(account)
      if (pause === undefined) return most
      if (pause.until > now) return 0
      return pause.failures < failuresToPause ? most : 1
    },
    /** It did not answer. */
    failed(account: string, now: number, retryAfterMs = 0): void {
      const { failures, until } = pauses.get(account) ?? none
      // Those that had begun before say nothing new.
      if (until > now) return
      const more = failures + 1
      const pausing = more >= failuresToPause
      const jitter = pausing ? backoffMs(more - failuresToPause + 1, 0.5 + random() / 2) : 0
      pauses.set(account, {
        failures: more,
        until: now + Math.max(retryAfterMs, Math.min(longestPauseMs, jitter)),
      })
    },
    /** It said how long to wait. */
    wait(account: string, now: number, ms: number): void {
      const { failures, until } = pauses.get(account) ?? none
      pauses.set(account, { failures, until: Math.max(until, now + ms) })
    },
    succeeded: (account: string): void => void pauses.delete(account),
  }
}
