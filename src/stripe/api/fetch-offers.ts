import { stands } from '#stripe/project/standing.ts'
import type { CustomerState, Offer, Subscription } from '#stripe/state.ts'
import type { Connection } from './connection.ts'
import { mapFew } from './map-few.ts'
import { listAll } from './pages.ts'
import { written } from './read-sold.ts'
import { StripeFailure } from './stripe-failure.ts'

/**
 * Which of a customer's products sell which features: asked for only where the subscriptions that stand do not all give as
 * well as each other, for else it does not matter of which a feature is. A key that may not read products leaves it unknown.
 */
export async function fetchOffers(
  connection: Connection,
  subscriptions: readonly Subscription[],
  features: readonly string[],
): Promise<Pick<CustomerState, 'offers'>> {
  const standing = subscriptions.filter(stands)
  const items = standing.flatMap((one) => one.items)
  const products = [...new Set(items.map(({ product }) => product))].filter((id) => id !== '').sort()
  if (features.length === 0 || products.length < 2 || standing.every(isPaid)) return {}
  try {
    return { offers: await mapFew(products, (product) => offerOf(connection, product)) }
  } catch (error) {
    if (error instanceof StripeFailure && error.ofKey) return {}
    throw error
  }
}

function isPaid({ status, paused, disputed }: Subscription): boolean {
  return status === 'active' && !paused && disputed === undefined
}

async function offerOf({ gate, stripe }: Connection, product: string): Promise<Offer> {
  try {
    const found = await listAll(gate, 'products.listFeatures', (cursor) =>
      stripe.products.listFeatures(product, { ...cursor }),
    )
    const keys = found.map(({ entitlement_feature }) => written(entitlement_feature.lookup_key))
    const features = keys.filter((key) => key !== undefined)
    return { product, features: [...new Set(features)].sort() }
  } catch (error) {
    // It sells nothing any more.
    if (error instanceof StripeFailure && error.kind === 'missing') return { product, features: [] }
    throw error
  }
}
