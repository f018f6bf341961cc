import { soldOf } from './sold-of.ts'
import type { CustomerState, Sold } from './state.ts'

/**
 * The state as it was fetched, with the lookup keys that its prices had before. A key goes to another price when a new one
 * takes the place of an old: who pays the old one goes on having what the key stands for.
 */
export function withFormerKeys(fetched: CustomerState, before: CustomerState | undefined): CustomerState {
  if (before === undefined) return fetched
  const keys = Map.groupBy(
    soldOf(before).flatMap(({ price, lookup_key, former_keys = [] }) =>
      [lookup_key, ...former_keys].flatMap((key) => (key === undefined ? [] : [{ price, key }])),
    ),
    ({ price }) => price,
  )
  const remembering = <T extends Sold>(sold: T): T => {
    const all = new Set(keys.get(sold.price)?.map(({ key }) => key))
    if (sold.lookup_key !== undefined) all.delete(sold.lookup_key)
    return all.size === 0 ? sold : { ...sold, former_keys: [...all].sort() }
  }
  return {
    ...fetched,
    subscriptions: fetched.subscriptions.map((one) => ({ ...one, items: one.items.map(remembering) })),
    schedules: fetched.schedules.map((one) => ({
      ...one,
      phases: one.phases.map((phase) => ({ ...phase, items: phase.items.map(remembering) })),
    })),
    checkouts: fetched.checkouts.map((one) => ({ ...one, lines: one.lines.map(remembering) })),
    invoices: fetched.invoices.map((one) => ({ ...one, lines: one.lines.map(remembering) })),
  }
}
