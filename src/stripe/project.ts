import { leftBehind } from './project/ended.ts'
import { ofFeatures } from './project/features.ts'
import { merged } from './project/merged.ts'
import { ofInvoice, ofPurchase } from './project/purchase.ts'
import { ofSchedule } from './project/schedule.ts'
import { ofSubscription } from './project/subscription.ts'
import type { Rules } from './rules.ts'
import type { CustomerState } from './state.ts'
import type { Alert, Projection, WantedGrant } from './wanted.ts'

/**
 * What a customer should have, as far as Stripe is concerned: of each subscription by itself, and all of it together. It
 * knows no clock: what begins or ends says when. The order of what the state lists does not matter.
 */
export function project(state: CustomerState, rules: Rules): Projection {
  if (state.deleted) return { grants: [], alerts: [] }
  const subscriptions = state.subscriptions.map((one) => ofSubscription(one, state, rules))
  const features = ofFeatures(state, rules)
  const given = [features, ...subscriptions].flatMap(({ grants }) => grants).filter(isSome)
  const all: readonly Projection[] = [
    features,
    ...subscriptions,
    ...state.schedules.map((one) => ofSchedule(one, state, rules)),
    ...state.checkouts.map((one) => ofPurchase(one, rules)),
    ...state.invoices.map((one) => ofInvoice(one, rules)),
    { grants: leftBehind(state, rules, given.length === 0), alerts: [] },
  ]
  const grants = merged(all.flatMap((one) => one.grants).filter(isSome), 'more')
  // Where features say what is given, prices need not.
  const silent = features.grants.length > 0 ? 'PRICE_UNMAPPED' : undefined
  const alerts = all.flatMap((one) => one.alerts).filter(({ code }) => code !== silent)
  return { grants, alerts: once(alerts) }
}

const isSome = ({ starts_at, ends_at }: WantedGrant) =>
  starts_at === undefined || ends_at === undefined || ends_at > starts_at

function once(alerts: readonly Alert[]): readonly Alert[] {
  const byText = new Map(alerts.map((alert) => [`${alert.code} ${alert.about}`, alert]))
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, alert]) => alert)
}
