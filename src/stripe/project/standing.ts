import type { Subscription } from '#stripe/state.ts'

/** What a subscription's status means for what it gives. */
export type Standing = 'paid' | 'trial' | 'past_due' | 'ended' | 'none' | 'unknown'

const standings: Readonly<Record<string, Standing>> = {
  active: 'paid',
  trialing: 'trial',
  past_due: 'past_due',
  canceled: 'ended',
  incomplete: 'none',
  incomplete_expired: 'none',
  unpaid: 'none',
  paused: 'none',
}

/** A status that Stripe has invented since is unknown, and gives nothing. */
export function standingOf({ status }: Subscription): Standing {
  return Object.hasOwn(standings, status) ? (standings[status] ?? 'unknown') : 'unknown'
}

/** A trial that could not be paid for when it ended is none that is paid. */
export function isTrial(subscription: Subscription): boolean {
  const standing = standingOf(subscription)
  const { never_paid = false, trial_start } = subscription
  return standing === 'trial' || (standing === 'past_due' && never_paid && trial_start !== undefined)
}

export function stands(subscription: Subscription): boolean {
  const standing = standingOf(subscription)
  return standing === 'paid' || standing === 'trial' || standing === 'past_due'
}
