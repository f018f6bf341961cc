import { StripeFailure } from './stripe-failure.ts'

export type Breaker = {
  /** Throws StripeFailure unavailable while it is open, but for the one request that tries whether Stripe is back. */
  readonly enter: (operation: string) => void
  readonly answered: () => void
  readonly failed: () => void
}

const firstMs = 1000
const longestMs = 30_000

/** Opens after so many failures in a row, for a time that doubles with each try in vain. `clock` counts ms. */
export function createBreaker(failures: number, clock: () => number): Breaker {
  let inRow = 0
  let openUntil = 0
  let pauseMs = firstMs
  let trying = false
  return {
    enter: (operation) => {
      if (inRow < failures) return
      const left = openUntil - clock()
      if (left > 0) throw new StripeFailure('unavailable', `${operation}: Stripe did not answer lately`, left)
      // This one tries; the others wait for what becomes of it.
      trying = true
      openUntil = clock() + pauseMs
    },
    answered: () => {
      inRow = 0
      trying = false
      pauseMs = firstMs
    },
    failed: () => {
      inRow++
      // Many at once that fail together are one reason to pause.
      if (inRow < failures || (openUntil > clock() && !trying)) return
      trying = false
      openUntil = clock() + pauseMs
      pauseMs = Math.min(longestMs, pauseMs * 2)
    },
  }
}
