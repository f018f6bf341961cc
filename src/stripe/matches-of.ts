import { soldOf } from './sold-of.ts'
import type { CustomerState } from './state.ts'

/** All by which a mapping could be about this customer, each once. */
export function matchesOf(state: CustomerState): readonly string[] {
  const ids = soldOf(state).flatMap(({ price, product, lookup_key, former_keys = [] }) => [
    price,
    product,
    lookup_key,
    ...former_keys,
  ])
  return [...new Set([...ids, ...state.features])].filter((id) => id !== undefined).sort()
}
