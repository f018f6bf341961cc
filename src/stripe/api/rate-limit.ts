import { StripeFailure } from './stripe-failure.ts'

export type RateLimit = {
  /** When one more request may go out, in ms from now. Throws StripeFailure limited where that is too long to wait. */
  readonly take: (operation: string) => number
  /** Nothing goes out for so long. */
  readonly hold: (ms: number) => void
  /** Requests that may go out at once. */
  readonly left: () => number
}

/** A bucket that holds what a second fills. `clock` counts ms and never goes back. */
export function createRateLimit(perSecond: number, longestWaitMs: number, clock: () => number): RateLimit {
  const each = 1000 / perSecond
  // When the bucket is full again, were nothing more taken.
  let fullAt = 0
  let heldUntil = 0
  return {
    take: (operation) => {
      const now = clock()
      const full = Math.max(fullAt, now)
      const wait = Math.max(0, full + each - 1000 - now, heldUntil - now)
      if (wait > longestWaitMs)
        throw new StripeFailure('limited', `${operation}: our own limit of requests`, wait)
      fullAt = full + each
      return wait
    },
    hold: (ms) => {
      heldUntil = Math.max(heldUntil, clock() + ms)
    },
    left: () => Math.max(0, Math.floor((1000 - Math.max(0, fullAt - clock())) / each)),
  }
}
