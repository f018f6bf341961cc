import type { Rules } from '#stripe/rules.ts'
import type { CustomerState, Item, Subscription } from '#stripe/state.ts'
import type { Projection, WantedGrant } from '#stripe/wanted.ts'
import { lifecycleOf } from './lifecycle.ts'
import { onlyNamed } from './named.ts'
import { type Right, rightsOf } from './rights.ts'
import { isTrial, standingOf, stands } from './standing.ts'
import { isRepeated } from './trials.ts'

/** What a subscription gives while it stands. */
export function ofSubscription(subscription: Subscription, state: CustomerState, rules: Rules): Projection {
  const { id } = subscription
  if (standingOf(subscription) === 'unknown')
    return { grants: [], alerts: [{ code: 'STATUS_UNKNOWN', about: id }] }
  if (!stands(subscription)) return { grants: [], alerts: [] }
  const { parts, alerts } = partsOf(subscription, state, rules)
  const grants: WantedGrant[] = []
  const more = parts.flatMap((part) => part.alerts)
  for (const { item, rights } of parts) {
    for (const right of rights) {
      if (isSuspended(subscription, right, rules)) continue
      const trial = isTrial(subscription)
      if (trial && isRepeated(right.mapping, subscription, state, rules))
        more.push({ code: 'TRIAL_REPEATED', about: id })
      else grants.push(grantOf(subscription, item, right, trial))
    }
  }
  return { grants, alerts: [...alerts, ...more] }
}

/** Its items with what they give, but for what its checkout did not name. */
export function partsOf(subscription: Subscription, state: CustomerState, rules: Rules) {
  const parts = subscription.items.map((item) => ({ item, ...rightsOf(item, rules) }))
  return onlyNamed(parts, namedBy(subscription, state), subscription.id)
}

/** What its checkout's metadata named: Stripe does not copy it to the subscription. */
export function namedBy({ id, named }: Subscription, { checkouts }: CustomerState): string | undefined {
  if (named !== undefined) return named
  const own = checkouts.filter((checkout) => checkout.subscription === id && checkout.named !== undefined)
  return own.sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1))[0]?.named
}

/** Though it stands, it gives nothing for now: its collection is paused, or its money is disputed or gone. */
export function isSuspended(
  { paused, disputed }: Subscription,
  { mapping }: Pick<Right, 'mapping'>,
  rules: Rules,
): boolean {
  const { on_pause, on_dispute } = lifecycleOf(mapping, rules)
  if (disputed === 'lost' || (disputed === 'open' && on_dispute === 'suspend')) return true
  return paused && on_pause === 'suspend'
}

/** Nobody knows since when it is unpaid: as long as it can be, for the days of grace have to end. */
export function pastDueOf(subscription: Subscription): Pick<WantedGrant, 'past_due_at'> {
  const { unpaid_since, started } = subscription
  return standingOf(subscription) === 'past_due' ? { past_due_at: unpaid_since ?? started } : {}
}

/** What renews has no end: an outage of Stripe must not take it away. */
export function endOf(
  { cancel_at, cancel_at_period_end }: Subscription,
  { period_end }: Pick<Item, 'period_end'>,
): number | undefined {
  return cancel_at ?? (cancel_at_period_end ? period_end : undefined)
}

function grantOf(
  subscription: Subscription,
  item: Item,
  { mapping, terms }: Right,
  trial: boolean,
): WantedGrant {
  const end = endOf(subscription, item)
  return {
    ...terms,
    access: 'full',
    source: 'stripe',
    source_ref: item.id,
    starts_at: item.created,
    ...(end !== undefined && { ends_at: end }),
    ...pastDueOf(subscription),
    ...(trial && mapping.trial_group !== undefined && { trial_group: mapping.trial_group }),
    reason: `subscription ${subscription.id} is ${subscription.status}`,
  }
}
