import type { CustomerState, Sold } from './state.ts'

/** All that the customer bought or is to get, one after the other. */
export function soldOf({ subscriptions, schedules, checkouts, invoices }: CustomerState): readonly Sold[] {
  return [
    ...subscriptions.flatMap(({ items }) => items),
    ...schedules.flatMap(({ phases }) => phases.flatMap(({ items }) => items)),
    ...[...checkouts, ...invoices].flatMap(({ lines }) => lines),
  ]
}
