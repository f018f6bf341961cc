import type { Connection } from './connection.ts'
import { listAll } from './pages.ts'
import { written } from './read-sold.ts'

/** Lookup keys of a customer's active entitlements, sorted, each once. */
export async function fetchFeatures({ gate, stripe }: Connection, customer: string): Promise<string[]> {
  const found = await listAll(gate, 'entitlements.activeEntitlements.list', (cursor) =>
    stripe.entitlements.activeEntitlements.list({ customer, ...cursor }),
  )
  const keys = found.map(({ lookup_key }) => written(lookup_key)).filter((key) => key !== undefined)
  return [...new Set(keys)].sort()
}
