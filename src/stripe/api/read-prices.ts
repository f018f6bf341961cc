import type { Sold } from '#stripe/state.ts'
import type { Connection } from './connection.ts'
import { one } from './one.ts'
import { listAll } from './pages.ts'
import { readSold } from './read-sold.ts'

/** What a price sells. Throws StripeFailure. */
export async function readPrice({ gate, stripe }: Connection, id: string): Promise<Sold> {
  return readSold(
    await one(gate, 'prices.retrieve', 'price', () => stripe.prices.retrieve(id), id),
    undefined,
  )
}

export type PricesAsked = {
  readonly type: 'one_time' | 'recurring'
} & ({ readonly lookup_key: string } | { readonly product: string })

/** Ids of the prices that can be bought of a product, or by a lookup key. Throws StripeFailure. */
export async function activePrices(
  { gate, stripe }: Connection,
  { type, ...of }: PricesAsked,
): Promise<readonly string[]> {
  const by = 'product' in of ? of : { lookup_keys: [of.lookup_key] }
  const found = await listAll(gate, 'prices.list', (cursor) =>
    stripe.prices.list({ ...by, active: true, type, ...cursor }),
  )
  return found.map(({ id }) => id)
}
