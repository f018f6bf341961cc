import type { Store, Thing } from './store.ts'

const embedded = 10
const timeless = new Set(['entitlements.active_entitlement', 'item'])

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
  if (payment_intent && expand.includes('payment_intent.latest_charge')) {
    const intent = render(store, store.get('payment_intent', String(payment_intent)))
    copy.payment_intent = {
      ...intent,
      latest_charge: render(store, store.get('charge', String(intent.latest_charge))),
    }
  }
}
