import type { Mapping, Rules } from '#stripe/rules.ts'
import type { CustomerState, Item, Subscription } from '#stripe/state.ts'
import { rightsOf } from './rights.ts'
import { standingOf } from './standing.ts'

/** Whether the trial of the mapping's group was had before this subscription's, here or elsewhere. */
export function isRepeated(
  { match, trial_group: group }: Mapping,
  subscription: Subscription,
  state: CustomerState,
  rules: Rules,
): boolean {
  if (group === undefined) return false
  if (rules.trials_had.includes(group)) return true
  // Of what a subscription had as a feature nothing is told but its product.
  const products = match === 'feature' ? subscription.items.map(({ product }) => product) : []
  const isOfGroup = (item: Item) =>
    (item.product !== '' && products.includes(item.product)) ||
    rightsOf(item, rules).rights.some((it) => it.mapping.trial_group === group)
  return state.subscriptions.some(
    (other) =>
      other.id !== subscription.id &&
      hadTrial(other) &&
      isBefore(other, subscription) &&
      other.items.some(isOfGroup),
  )
}

/** Whether it never was more than a trial. */
export function endedInTrial({ ended_at, trial_end, never_paid }: Subscription): boolean {
  return ended_at !== undefined && trial_end !== undefined && (never_paid === true || ended_at <= trial_end)
}

// One that was not completed began nothing.
function hadTrial(subscription: Subscription): boolean {
  const { status, trial_start } = subscription
  if (status === 'incomplete' || status === 'incomplete_expired') return false
  return trial_start !== undefined || standingOf(subscription) === 'trial'
}

function isBefore(one: Subscription, other: Subscription): boolean {
  const [a, b] = [one, other].map(({ trial_start, created, id }) => ({
    began: trial_start ?? created,
    created,
    id,
  }))
  if (!a || !b) return false
  if (a.began !== b.began) return a.began < b.began
  return a.created === b.created ? a.id < b.id : a.created < b.created
}
