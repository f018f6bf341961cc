import type { Events } from './events.ts'
import type { Metadata, Store } from './store.ts'

export type PriceOptions = {
  readonly product?: string
  readonly lookup_key?: string
  readonly unit_amount?: number
  readonly once?: boolean
}

/** Customers, products, prices and features. Every method answers the id of what it made. */
export function createCatalogue(store: Store, { emit, emitEntitlements }: Events) {
  const common = () => ({ created: store.seconds(), livemode: store.livemode, metadata: {} })
  const featureOf = (lookup_key: string): string => {
    const known = store.all('entitlements.feature').find((each) => each.lookup_key === lookup_key)
    const made = { ...common(), id: store.newId('feat'), object: 'entitlements.feature', active: true }
    return (known ?? store.add({ ...made, lookup_key, name: lookup_key })).id
  }
  const createProduct = (name = 'A product', id = store.newId('prod')): string => {
    const marks = { images: [], marketing_features: [], updated: store.seconds() }
    emit('product.created', store.add({ ...common(), id, object: 'product', active: true, name, ...marks }))
    return id
  }
  return {
    createCustomer: (options: { readonly id?: string; readonly metadata?: Metadata } = {}): string => {
      const id = options.id ?? store.newId('cus')
      const metadata = options.metadata ?? {}
      emit('customer.created', store.add({ ...common(), id, object: 'customer', email: null, metadata }))
      return id
    },
    updateCustomer: (id: string, metadata: Metadata): void => {
      emit('customer.updated', Object.assign(store.get('customer', id), { metadata }))
    },
    createProduct,
    /** Of a month, unless it is paid once. */
    createPrice: (options: PriceOptions = {}, id = store.newId('price')): string => {
      const recurring = {
        interval: 'month',
        interval_count: 1,
        meter: null,
        usage_type: 'licensed',
      }
      const price = store.add({
        ...common(),
        id,
        object: 'price',
        active: true,
        billing_scheme: 'per_unit',
        currency: 'usd',
        product: options.product ?? createProduct(),
        lookup_key: options.lookup_key ?? null,
        unit_amount: options.unit_amount ?? 1000,
        type: options.once ? 'one_time' : 'recurring',
        recurring: options.once ? null : recurring,
      })
      emit('price.created', price)
      return id
    },
    /** Adds features to what a product sells: who bought it before has them from the next period on. */
    offer: (product: string, keys: readonly string[]): void => {
      for (const key of keys)
        store.add({
          id: store.newId('prodft'),
          object: 'product_feature',
          created: 0,
          livemode: store.livemode,
          entitlement_feature: featureOf(key),
          _product: product,
        })
    },
    /** Sets which features a customer has, by their lookup keys. */
    setFeatures: (customer: string, keys: readonly string[]): void => {
      for (const each of store.all('entitlements.active_entitlement'))
        if (each._customer === customer) store.remove('entitlements.active_entitlement', each.id)
      for (const lookup_key of keys) {
        const entitlement = { id: store.newId('ent'), object: 'entitlements.active_entitlement', created: 0 }
        const about = {
          feature: featureOf(lookup_key),
          livemode: store.livemode,
          lookup_key,
          _customer: customer,
        }
        store.add({ ...entitlement, ...about })
      }
      emitEntitlements(customer)
    },
  }
}
