import type { Rules } from '#stripe/rules.ts'
import type { CustomerState, Item, Subscription } from '#stripe/state.ts'
import type { WantedGrant } from '#stripe/wanted.ts'
import { lifecycleOf } from './lifecycle.ts'
import type { Right } from './rights.ts'
import { standingOf } from './standing.ts'
import { partsOf } from './subscription.ts'
import { endedInTrial, isRepeated } from './trials.ts'

const dayMs = 86_400_000

/** What subscriptions that have ended leave, by the lifecycles. `free`: no other subscription gives anything. */
export function leftBehind(state: CustomerState, rules: Rules, free: boolean): readonly WantedGrant[] {
  const all = byEnd(state.subscriptions).flatMap((subscription) =>
    partsOf(subscription, state, rules).parts.flatMap(({ item, rights }) =>
      rights.flatMap((right) => {
        // A trial that gave nothing leaves nothing.
        if (endedInTrial(subscription) && isRepeated(right.mapping, subscription, state, rules)) return []
        return left(subscription, item, right, rules, free)
      }),
    ),
  )
  // What is free is there once, however many subscriptions led to it: by the one that ended last.
  const isFree = ({ access }: WantedGrant) => access === 'full'
  const target = ({ plan_version_id, module }: WantedGrant) => `${plan_version_id} ${module ?? ''}`
  return all.filter((one, at) => {
    const first = all.findIndex((other) => isFree(other) && target(other) === target(one))
    return !isFree(one) || first === at
  })
}

function left(
  { id, ended_at: ended }: Ended,
  item: Item,
  { mapping, terms }: Right,
  rules: Rules,
  free: boolean,
): readonly WantedGrant[] {
  const { on_cancel, read_only_days: days, downgrade_to: plan_version_id } = lifecycleOf(mapping, rules)
  const source = 'stripe'
  if (on_cancel === 'read_only' && days !== undefined) {
    const ends_at = ended + days * dayMs
    const reason = `subscription ${id} has ended; to read for ${days} days more`
    const source_ref = item.id
    return [{ ...terms, access: 'read_only', source, source_ref, starts_at: ended, ends_at, reason }]
  }
  if (on_cancel === 'downgrade' && plan_version_id !== undefined && free) {
    const { module } = terms
    const reason = `subscription ${id} has ended; what is free remains`
    const of = { plan_version_id, ...(module !== undefined && { module }) }
    return [{ ...of, access: 'full', source, source_ref: id, starts_at: ended, reason }]
  }
  return []
}

type Ended = Subscription & { readonly ended_at: number }

function byEnd(subscriptions: readonly Subscription[]): readonly Ended[] {
  return subscriptions
    .filter((one): one is Ended => standingOf(one) === 'ended' && one.ended_at !== undefined)
    .sort((a, b) => b.ended_at - a.ended_at || (a.id < b.id ? -1 : 1))
}
