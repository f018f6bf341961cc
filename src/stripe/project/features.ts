import type { Rules } from '#stripe/rules.ts'
import type { CustomerState, Item, Subscription } from '#stripe/state.ts'
import type { Projection, WantedGrant } from '#stripe/wanted.ts'
import { fitting, type Right } from './rights.ts'
import { isTrial, stands } from './standing.ts'
import { endOf, isSuspended, partsOf, pastDueOf } from './subscription.ts'
import { isRepeated } from './trials.ts'

/**
 * What Stripe's active entitlements give. Stripe goes on naming them when a trial has ended without a card, and does not
 * say of which subscription they are: they count while one gives something that sells them, as far as that is known, and as
 * long and as well paid as the best of these.
 */
export function ofFeatures(state: CustomerState, rules: Rules): Projection {
  const standing = state.subscriptions.filter(stands)
  if (standing.length === 0) return { grants: [], alerts: [] }
  const all = state.features.map((feature): Projection => {
    const mappings = rules.mappings.filter((it) => it.match === 'feature' && it.external_id === feature)
    const { rights, alerts } = fitting(mappings, feature, undefined, rules)
    const sellers = sellersOf(feature, standing, state)
    const given = rights.map((right) => ofSellers(feature, right, sellers, state, rules))
    return {
      grants: given.flatMap(({ grants }) => grants),
      alerts: [...alerts, ...given.flatMap((one) => one.alerts)],
    }
  })
  return { grants: all.flatMap(({ grants }) => grants), alerts: all.flatMap(({ alerts }) => alerts) }
}

/** A subscription with those of its items of which a feature may be. */
type Seller = { readonly subscription: Subscription; readonly items: readonly Item[] }

function sellersOf(
  feature: string,
  standing: readonly Subscription[],
  { offers = [] }: CustomerState,
): readonly Seller[] {
  const offering = new Set(offers.filter((one) => one.features.includes(feature)).map((one) => one.product))
  const known = standing.map((subscription) => ({
    subscription,
    items: subscription.items.filter(({ product }) => offering.has(product)),
  }))
  // What no product offers any more some go on having until their period ends.
  return known.some(({ items }) => items.length > 0)
    ? known.filter(({ items }) => items.length > 0)
    : standing.map((subscription) => ({ subscription, items: subscription.items }))
}

function ofSellers(
  feature: string,
  right: Right,
  sellers: readonly Seller[],
  state: CustomerState,
  rules: Rules,
): Projection {
  const { trial_group } = right.mapping
  const repeated = ({ subscription }: Seller) =>
    isTrial(subscription) && isRepeated(right.mapping, subscription, state, rules)
  const giving = sellers
    .filter((one) => !repeated(one) && !isSuspended(one.subscription, right, rules))
    .filter((one) => !isHeldBack(one, state, rules))
    .map(({ subscription }) => subscription)
  const alerts = sellers.filter(repeated).map(({ subscription: { id } }) => {
    return { code: 'TRIAL_REPEATED', about: id } as const
  })
  if (giving.length === 0) return { grants: [], alerts }
  const trial = giving.every(isTrial)
  const grant: WantedGrant = {
    ...right.terms,
    access: 'full',
    source: 'stripe',
    source_ref: `feature:${state.customer}:${feature}`,
    ...best(giving),
    ...(trial && trial_group !== undefined && { trial_group }),
    reason: `customer ${state.customer} has feature ${feature}`,
  }
  return { grants: [grant], alerts }
}

/** Something of it that is mapped itself is a trial had a second time, or is suspended: then its features are, too. */
function isHeldBack({ subscription, items }: Seller, state: CustomerState, rules: Rules): boolean {
  const trial = isTrial(subscription)
  const ids = new Set(items.map(({ id }) => id))
  const parts = partsOf(subscription, state, rules).parts.filter(({ item }) => ids.has(item.id))
  return parts
    .flatMap(({ rights }) => rights)
    .some(
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
