import { setTimeout as sleep } from 'node:timers/promises'
import { createBreaker } from './breaker.ts'
import { failureOf } from './failure-of.ts'
import { createRateLimit } from './rate-limit.ts'
import type { StripeFailureKind } from './stripe-failure.ts'

export type ApiMetrics = {
  /** A request or what became of it before it went out. `account` is its key. */
  readonly requested: (
    account: string,
    operation: string,
    outcome: 'ok' | StripeFailureKind,
    seconds: number,
  ) => void
  /** Requests of an account that may go out at once. */
  readonly budget: (account: string, left: number) => void
}

export type GateOptions = {
  readonly perSecond: number
  readonly longestWaitMs: number
  readonly breaksAfter: number
  /** ms, never going back. */
  readonly clock: () => number
  /** ms. */
  readonly now: () => number
  readonly metrics?: ApiMetrics | undefined
}

/** One request: its name ("subscriptions.list"), and how it is sent. Rejects with StripeFailure and nothing else. */
export type Gate = <T>(operation: string, send: () => Promise<T>) => Promise<T>

/** Stands between us and one account at Stripe: how often it is asked, and whether at all while it does not answer. */
export function createGate(account: string, options: GateOptions): Gate {
  const { perSecond, longestWaitMs, breaksAfter, clock, now, metrics } = options
  const limit = createRateLimit(perSecond, longestWaitMs, clock)
  const breaker = createBreaker(breaksAfter, clock)
  return async (operation, send) => {
    const started = clock()
    const done = (outcome: 'ok' | StripeFailureKind) => {
      metrics?.requested(account, operation, outcome, (clock() - started) / 1000)
      metrics?.budget(account, limit.left())
    }
    let sent = false
    try {
      breaker.enter(operation)
      const wait = limit.take(operation)
      if (wait > 0) await sleep(wait)
      sent = true
      const answer = await send()
      breaker.answered()
      done('ok')
      return answer
    } catch (error) {
      const failure = failureOf(error, operation, now())
      if (sent && failure.kind === 'unavailable') breaker.failed()
      else if (sent) breaker.answered()
      if (sent && failure.kind === 'limited') limit.hold(failure.retryAfterMs ?? 1000)
      done(failure.kind)
      throw failure
    }
  }
}
