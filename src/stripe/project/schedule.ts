import type { Rules } from '#stripe/rules.ts'
import type { CustomerState, Phase, Schedule, Subscription } from '#stripe/state.ts'
import type { Projection, WantedGrant } from '#stripe/wanted.ts'
import { merged } from './merged.ts'
import { onlyNamed } from './named.ts'
import { rightsOf } from './rights.ts'
import { stands } from './standing.ts'
import { isSuspended, namedBy, pastDueOf } from './subscription.ts'

/** What a schedule gives later. The phase that runs is the subscription's own items. */
export function ofSchedule(schedule: Schedule, state: CustomerState, rules: Rules): Projection {
  const subscription = state.subscriptions.find(({ id }) => id === schedule.subscription)
  const gone = schedule.subscription !== undefined && (!subscription || !stands(subscription))
  const runs = schedule.status === 'not_started' || schedule.status === 'active'
  if (!runs || gone) return { grants: [], alerts: [] }
  const named = subscription && namedBy(subscription, state)
  const all = future(schedule).map(({ n, phase }) => {
    const sold = phase.items.map((item) => rightsOf(item, rules))
    const { parts, alerts } = onlyNamed(sold, named, schedule.id)
    const rest = window(schedule, n, phase, subscription)
    const grants = parts.flatMap(({ rights }) => {
      const kept = rights.filter((right) => !subscription || !isSuspended(subscription, right, rules))
      return merged(
        kept.map(({ terms }) => ({ ...terms, ...rest })),
        'more',
      )
    })
    return { grants: merged(grants, 'sum'), alerts: [...alerts, ...parts.flatMap((part) => part.alerts)] }
  })
  return { grants: all.flatMap(({ grants }) => grants), alerts: all.flatMap(({ alerts }) => alerts) }
}

type Numbered = { readonly n: number; readonly phase: Phase }

/** Counted from 1, as they follow each other. */
function future({ phases, status, current_end }: Schedule): readonly Numbered[] {
  const numbered = [...phases]
    .sort((a, b) => a.starts_at - b.starts_at || a.ends_at - b.ends_at)
    .map((phase, at) => ({ n: at + 1, phase }))
  if (status === 'not_started') return numbered
  return current_end === undefined
    ? numbered.slice(1)
    : numbered.filter(({ phase }) => phase.starts_at >= current_end)
}

function window(
  { id }: Schedule,
  n: number,
  { starts_at, ends_at }: Phase,
  subscription: Subscription | undefined,
): Omit<WantedGrant, 'plan_version_id' | 'product_id' | 'entitlement_id'> {
  return {
    access: 'full',
    source: 'stripe',
    source_ref: `${id}:${n}`,
    starts_at,
    ends_at,
    ...(subscription && pastDueOf(subscription)),
    reason: `phase ${n} of schedule ${id}`,
  }
}
