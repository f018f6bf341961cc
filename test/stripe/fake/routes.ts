import type { createCheckouts } from './checkouts.ts'
import type { Events } from './events.ts'
import { noSuch, StripeRefusal } from './refusal.ts'
import { itemsOf, listOf, render } from './render.ts'
import type { Metadata, Store, Thing } from './store.ts'

export type Asked = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly form: URLSearchParams
}

type Parts = {
  readonly store: Store
  readonly checkouts: ReturnType<typeof createCheckouts>
  readonly events: Events
  readonly createCustomer: (options: { readonly metadata: Metadata }) => string
  /** Its own: "acct_…". */
  readonly account: string
}
type Filter = (thing: Thing, query: URLSearchParams) => boolean

const kinds: Readonly<Record<string, string>> = {
  '/v1/customers': 'customer',
  '/v1/subscriptions': 'subscription',
  '/v1/subscription_items': 'subscription_item',
  '/v1/subscription_schedules': 'subscription_schedule',
  '/v1/checkout/sessions': 'checkout.session',
  '/v1/payment_intents': 'payment_intent',
  '/v1/charges': 'charge',
  '/v1/refunds': 'refund',
  '/v1/disputes': 'dispute',
  '/v1/invoices': 'invoice',
  '/v1/invoice_payments': 'invoice_payment',
  '/v1/events': 'event',
  '/v1/prices': 'price',
  '/v1/products': 'product',
  '/v1/entitlements/active_entitlements': 'entitlements.active_entitlement',
}
const hidden: Readonly<Record<string, string>> = {
  invoice: '_subscription',
  'entitlements.active_entitlement': '_customer',
}

const matches: Filter = (thing, query) => {
  for (const name of ['customer', 'subscription', 'payment_intent', 'charge', 'invoice', 'product', 'type']) {
    const wanted = query.get(name)
    const field = (hidden[thing.object] ?? '') === `_${name}` ? `_${name}` : name
    if (wanted !== null && thing[field] !== wanted) return false
  }
  const status = query.get('status')
  if (thing.object === 'subscription') {
    if (status === null && thing.status === 'canceled') return false
    if (status !== null && status !== 'all' && thing.status !== status) return false
  } else if (status !== null && thing.status !== status) return false
  const intent = query.get('payment[payment_intent]')
  if (intent !== null && thing._intent !== intent) return false
  if (query.has('active') && String(thing.active) !== query.get('active')) return false
  if (query.has('lookup_keys[0]') && thing.lookup_key !== query.get('lookup_keys[0]')) return false
  if (query.get('delivery_success') === 'false' && thing.pending_webhooks === 0) return false
  return thing.created >= Number(query.get('created[gte]') ?? 0)
}

function page(asked: Asked, object: string, things: readonly Thing[], show: (thing: Thing) => unknown) {
  const limit = Number(asked.query.get('limit') ?? 10)
  if (!(limit >= 1 && limit <= 100))
    throw new StripeRefusal(400, { param: 'limit', message: 'limit is 1 to 100' })
  const after = asked.query.get('starting_after')
  const from = after === null ? 0 : things.findIndex((thing) => thing.id === after) + 1
  if (after !== null && from === 0) throw noSuch(object, after, 'starting_after', 400)
  return listOf(asked.path, things.slice(from, from + limit).map(show), from + limit < things.length)
}

const expandOf = (asked: Asked, prefix = ''): string[] =>
  [...asked.query]
    .filter(([name, value]) => name.startsWith('expand[') && value.startsWith(prefix))
    .map(([, value]) => value.slice(prefix.length))

function demandCustomer(store: Store, id: string): void {
  const customer = store.find('customer', id)
  if (!customer || customer.deleted === true) throw noSuch('customer', id, 'customer', 400)
}

/** What Stripe answers, read from the store; changes go through the acts a test has too. */
export function answer(parts: Parts, asked: Asked): unknown {
  const { store } = parts
  const { path, query } = asked
  if (asked.method === 'POST') return post(parts, asked)
  if (path === '/v1/account') return { id: parts.account, object: 'account' }
  const ofSession = /^\/v1\/checkout\/sessions\/([^/]+)\/line_items$/.exec(path)?.[1]
  if (ofSession) {
    const lines = store.all('item').filter((line) => line._session === ofSession)
    return page(asked, 'item', lines, (line) => render(store, line))
  }
  const ofInvoice = /^\/v1\/invoices\/([^/]+)\/lines$/.exec(path)?.[1]
  if (ofInvoice) {
    const lines = store.all('line_item').filter(({ invoice }) => invoice === ofInvoice)
    return page(asked, 'line_item', lines, (line) => render(store, line, expandOf(asked, 'data.')))
  }
  const ofProduct = /^\/v1\/products\/([^/]+)\/features$/.exec(path)?.[1]
  if (ofProduct) {
    if (!store.find('product', ofProduct)) throw noSuch('product', ofProduct)
    const offered = store.all('product_feature').filter(({ _product }) => _product === ofProduct)
    return page(asked, 'product_feature', offered, (each) => render(store, each))
  }
  const object = kinds[path]
  if (object) {
    const customer = query.get('customer')
    if (customer !== null) demandCustomer(store, customer)
    if (object === 'subscription_item' && !store.find('subscription', query.get('subscription') ?? ''))
      throw noSuch('subscription', String(query.get('subscription')), 'subscription', 400)
    const found = store.all(object).filter((thing) => matches(thing, query))
    const newestFirst = object === 'subscription_item' ? found : found.reverse()
    return page(asked, object, newestFirst, (thing) => render(store, thing, expandOf(asked, 'data.')))
  }
  const [, folder = '', id = ''] = /^(.+)\/([^/]+)$/.exec(path) ?? []
  const kind = kinds[folder]
  const thing = kind === undefined ? undefined : store.find(kind, id)
  if (!kind || !thing) throw noSuch(kind ?? path, id)
  return render(store, thing, expandOf(asked))
}

function post({ store, checkouts, events, createCustomer }: Parts, { path, form }: Asked): unknown {
  const item = /^\/v1\/subscription_items\/([^/]+)$/.exec(path)?.[1]
  if (item) {
    const thing = store.find('subscription_item', item)
    if (!thing) throw noSuch('subscription_item', item)
    const before = thing.quantity
    thing.quantity = Number(form.get('quantity') ?? before)
    const owner = store.get('subscription', String(thing.subscription))
    if (before !== thing.quantity)
      events.emit('customer.subscription.updated', owner, {
        items: listOf(`/v1/subscription_items?subscription=${owner.id}`, itemsOf(store, owner.id)),
      })
    return render(store, thing)
  }
  const customer = form.get('customer') ?? undefined
  if (customer !== undefined) demandCustomer(store, customer)
  if (path === '/v1/customers') {
    const id = createCustomer({ metadata: metadataOf(form) })
    return render(store, store.get('customer', id))
  }
  if (path === '/v1/billing_portal/sessions')
    return render(store, checkouts.portal(String(customer), form.get('return_url')))
  if (path !== '/v1/checkout/sessions')
    throw new StripeRefusal(404, { message: `Unrecognized request URL (POST: ${path})` })
  const all = [...form]
  const lines = all
    .map(([name, price]) => ({ place: /^line_items\[(\d+)\]\[price\]$/.exec(name)?.[1], price }))
    .filter((line) => line.place !== undefined)
    .map(({ place, price }) => ({ price, quantity: Number(form.get(`line_items[${place}][quantity]`) ?? 1) }))
  for (const { price } of lines)
    if (!store.find('price', price)) throw noSuch('price', price, 'line_items[0][price]', 400)
  const trial = form.get('subscription_data[trial_period_days]')
  const id = checkouts.createCheckout({
    mode: form.get('mode') === 'subscription' ? 'subscription' : 'payment',
    lines,
    metadata: metadataOf(form),
    urls: { success_url: form.get('success_url'), cancel_url: form.get('cancel_url') },
    ...(customer !== undefined && { customer }),
    ...(form.has('client_reference_id') && { reference: String(form.get('client_reference_id')) }),
    ...(trial !== null && { trialDays: Number(trial) }),
  })
  return render(store, store.get('checkout.session', id))
}

const metadataOf = (form: URLSearchParams): Record<string, string> =>
  Object.fromEntries(
    [...form].flatMap(([name, value]) => {
      const key = /^metadata\[(.+)\]$/.exec(name)?.[1]
      return key === undefined ? [] : [[key, value]]
    }),
  )
