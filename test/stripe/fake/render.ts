import type { Store, Thing } from './store.ts'

const embedded = 10
const timeless = new Set([
  'entitlements.active_entitlement',
  'entitlements.feature',
  'product_feature',
  'item',
  'line_item',
])

export const listOf = (url: string, data: readonly unknown[], has_more = false) => ({
  object: 'list',
  url,
  has_more,
  data,
})

/** The price as it is inside of other objects. */
export const priceOf = (store: Store, id: unknown) => structuredClone(store.get('price', String(id)))

/** A thing as Stripe would write it: with what is embedded in it, and what `expand` asks for. */
export function render(store: Store, thing: Thing, expand: readonly string[] = []): Record<string, unknown> {
  const copy: Record<string, unknown> = structuredClone(thing)
  if (thing.deleted === true) return { id: thing.id, object: thing.object, deleted: true }
  if (thing.object === 'subscription') {
    const items = itemsOf(store, thing.id)
    const url = `/v1/subscription_items?subscription=${thing.id}`
    copy.items = listOf(url, items.slice(0, embedded), items.length > embedded)
  }
  if (thing.object === 'subscription_item') copy.price = priceOf(store, thing.price)
  if (thing.object === 'subscription_schedule' && expand.includes('phases.items.price'))
    for (const phase of copy.phases as { items: { price: unknown }[] }[])
      for (const item of phase.items) item.price = priceOf(store, item.price)
  if (thing.object === 'checkout.session') expandSession(store, thing, copy, expand)
  if (thing.object === 'item') copy.price = priceOf(store, thing.price)
  if (thing.object === 'line_item' && expand.includes('pricing.price_details.price')) {
    const pricing = copy.pricing as { price_details: { price: unknown } } | null
    if (pricing) pricing.price_details.price = priceOf(store, pricing.price_details.price)
  }
  if (thing.object === 'invoice_payment' && expand.includes('payment.payment_intent.latest_charge'))
    copy.payment = { type: 'payment_intent', payment_intent: withCharge(store, thing._intent) }
  if (thing.object === 'invoice_payment' && expand.includes('invoice'))
    copy.invoice = render(store, store.get('invoice', String(thing.invoice)))
  if (thing.object === 'product_feature')
    copy.entitlement_feature = render(
      store,
      store.get('entitlements.feature', String(thing.entitlement_feature)),
    )
  if ((thing.object === 'refund' || thing.object === 'dispute') && expand.includes('charge'))
    copy.charge = render(store, store.get('charge', String(thing.charge)))
  for (const field of Object.keys(copy)) if (field.startsWith('_')) delete copy[field]
  if (timeless.has(thing.object)) delete copy.created
  return copy
}

export const itemsOf = (store: Store, subscription: string) =>
  store
    .all('subscription_item')
    .filter((item) => item.subscription === subscription)
    .map((item) => render(store, item))

function expandSession(
  store: Store,
  { id, payment_intent }: Thing,
  copy: Record<string, unknown>,
  expand: readonly string[],
): void {
  if (expand.includes('line_items')) {
    const lines = store.all('item').filter((line) => line._session === id)
    const shown = lines.slice(0, embedded).map((line) => render(store, line))
    copy.line_items = listOf(`/v1/checkout/sessions/${id}/line_items`, shown, lines.length > embedded)
  }
  if (payment_intent && expand.includes('payment_intent.latest_charge'))
    copy.payment_intent = withCharge(store, payment_intent)
}

function withCharge(store: Store, id: unknown) {
  const intent = render(store, store.get('payment_intent', String(id)))
  return { ...intent, latest_charge: render(store, store.get('charge', String(intent.latest_charge))) }
}
