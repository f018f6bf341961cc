import { AppError } from '#core/errors.ts'
import { StripeFailure } from './api/stripe-failure.ts'
import { backoffMs } from './backoff.ts'
import type { Failed } from './marks.ts'

type Situation = {
  /** Failures before. */
  readonly attempts: number
  /** ms. */
  readonly now: number
  /** In [0, 1). */
  readonly random: number
}

export type Judged = Failed & {
  /** Stripe answered, if with a refusal; said how long to wait; or did not answer. Absent: it has nothing to do with it. */
  readonly stripe?: 'answers' | 'waits' | 'away'
  readonly retryAfterMs?: number
}

/** What a failure means for the mark. None takes a right away. */
export function judgeFailure(error: unknown, { attempts, now, random }: Situation): Judged {
  const failure = error instanceof StripeFailure ? error : undefined
  // A key that is not there, or not believed, is no customer's fault.
  const stripeAway =
    failure?.kind === 'unavailable' || failure?.kind === 'limited' || (failure?.ofKey ?? false)
  const isToldToWait = failure?.kind === 'limited' && failure.retryAfterMs !== undefined
  const databaseAway = error instanceof AppError && error.code === 'DATABASE_UNAVAILABLE'
  return {
    away: stripeAway || databaseAway,
    ...(failure && { stripe: isToldToWait ? 'waits' : stripeAway ? 'away' : 'answers' }),
    error: textOf(error),
    // Whoever says how long to wait is believed: it is no reason to wait longer the next time.
    ...(isToldToWait
      ? { attempts, due_at: now + backoffMs(1, random, failure.retryAfterMs) }
      : { attempts: attempts + 1, due_at: now + backoffMs(attempts + 1, random, failure?.retryAfterMs) }),
    ...(failure?.retryAfterMs !== undefined && { retryAfterMs: failure.retryAfterMs }),
  }
}

/** What an operator reads. Nothing else that is thrown was written to be read. */
function textOf(error: unknown): string {
  if (error instanceof StripeFailure) return `${error.kind}: ${error.message}`
  if (error instanceof AppError) return `${error.code}: ${error.message}`
  return 'INTERNAL: see the log of the server.'
}
