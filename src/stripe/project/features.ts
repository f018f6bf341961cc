import type { Rules } from '#stripe/rules.ts'
import type { CustomerState, Subscription } from '#stripe/state.ts'
import type { Projection, WantedGrant } from '#stripe/wanted.ts'
import { fitting } from './rights.ts'
import { standingOf, stands } from './standing.ts'
import { endOf, isSuspended, partsOf, pastDueOf } from './subscription.ts'
import { isRepeated } from './trials.ts'

/**
 * What Stripe's active entitlements give. Stripe goes on naming them when a trial has ended without a card, and does not
 * say of which subscription they are: they count while one stands, and as long and as well paid as the best of these.
 */
export function ofFeatures(state: CustomerState, rules: Rules): Projection {
  const standing = state.subscriptions.filter((one) => stands(one) && !givesNothing(one, state, rules))
  if (standing.length === 0) return { grants: [], alerts: [] }
  const all = state.features.map((feature) => {
    const mappings = rules.mappings.filter((it) => it.match === 'feature' && it.external_id === feature)
    const { rights, alerts } = fitting(mappings, feature, undefined, rules)
    const source_ref = `feature:${state.customer}:${feature}`
    const reason = `customer ${state.customer} has feature ${feature}`
    const rest = { access: 'full', source: 'stripe', source_ref, ...best(standing), reason } as const
    return { grants: rights.map(({ terms }): WantedGrant => ({ ...terms, ...rest })), alerts }
  })
  return { grants: all.flatMap(({ grants }) => grants), alerts: all.flatMap(({ alerts }) => alerts) }
}

// A trial that is had a second time, or whose collection is paused where that suspends.
function givesNothing(subscription: Subscription, state: CustomerState, rules: Rules): boolean {
  const trial = standingOf(subscription) === 'trial'
  const rights = partsOf(subscription, state, rules).parts.flatMap((part) => part.rights)
  return rights.some(
    (right) =>
      isSuspended(subscription, right, rules) ||
      (trial && isRepeated(right.mapping, subscription, state, rules)),
  )
}

function best(subscriptions: readonly Subscription[]): Pick<WantedGrant, 'ends_at' | 'past_due_at'> {
  const ends = subscriptions.map((one) => latest(one.items.map((item) => endOf(one, item))))
  const dues = subscriptions.map((one) => pastDueOf(one).past_due_at)
  const end = latest(ends)
  const due = latest(dues)
  return { ...(end !== undefined && { ends_at: end }), ...(due !== undefined && { past_due_at: due }) }
}

/** Undefined, which is never, is later than all. */
function latest(times: readonly (number | undefined)[]): number | undefined {
  if (times.length === 0 || times.includes(undefined)) return undefined
  return Math.max(...times.filter((time) => time !== undefined))
}
