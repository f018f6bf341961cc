import type { Connection } from './connection.ts'
import { listAll } from './pages.ts'

/** Lookup keys of a customer's active entitlements, sorted, each once. */
export async function fetchFeatures({ gate, stripe }: Connection, customer: string): Promise<string[]> {
  const found = await listAll(gate, 'entitlements.activeEntitlements.list', (cursor) =>
    stripe.entitlements.activeEntitlements.list({ customer, ...cursor }),
  )
  return [...new Set(found.map(({ lookup_key }) => lookup_key))].sort()
}
