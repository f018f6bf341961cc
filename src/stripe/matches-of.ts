import type { CustomerState, Sold } from './state.ts'

/** All by which a mapping could be about this customer, each once. */
export function matchesOf({
  subscriptions,
  schedules,
  checkouts,
  features,
}: CustomerState): readonly string[] {
  const sold: readonly Sold[] = [
    ...subscriptions.flatMap(({ items }) => items),
    ...schedules.flatMap(({ phases }) => phases.flatMap(({ items }) => items)),
    ...checkouts.flatMap(({ lines }) => lines),
  ]
  const ids = sold.flatMap(({ price, product, lookup_key }) => [price, product, lookup_key])
  return [...new Set([...ids, ...features])].filter((id) => id !== undefined).sort()
}
