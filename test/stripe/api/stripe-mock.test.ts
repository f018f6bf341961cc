// Every request that we make, at Stripe's own stand-in: it holds paths and parameters against Stripe's OpenAPI.
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type StripeMock, startStripeMock } from '#test/stripe/stripe-mock.ts'
import { connected } from './connected.ts'

// Some wait for a machine that has other tests to run.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 120_000 })

type Bend = (body: { [field: string]: unknown }) => void

let mock: StripeMock | { readonly missing: string }
let proxy: { readonly url: string; readonly close: () => void }
const asked: { readonly what: string; readonly status: number }[] = []
/** What is changed in an answer, by the beginning of the request: so each branch of ours is gone into. */
const bends = new Map<string, Bend>()

beforeAll(async () => {
  mock = await startStripeMock()
  if (!('missing' in mock)) proxy = await between(mock.url)
})
afterAll(async () => {
  if ('missing' in mock) return
  proxy.close()
  await mock.close()
})

function api(skip: (why: string) => void) {
  if ('missing' in mock) {
    skip(mock.missing)
    throw new Error(mock.missing)
  }
  asked.length = 0
  bends.clear()
  return connected({ url: proxy.url, key: mock.key })
}
const whatWasAsked = () => [...new Set(asked.map(({ what }) => what))].sort()
const refused = () => asked.filter(({ status }) => status !== 200)
const first = (body: { [field: string]: unknown }) => (body.data as { [field: string]: unknown }[])[0] ?? {}

test('all that is asked about a customer, Stripe knows how to answer', async ({ skip }) => {
  const ours = api(skip)
  const item = {
    id: 'li_1',
    object: 'item',
    quantity: 2,
    price: { id: 'price_1', object: 'price', product: 'prod_1' },
  }
  const trial = { id: 'sub_2', object: 'subscription', status: 'trialing', start_date: 1, created: 1 }
  const ofProduct = { id: 'si_2', price: { id: 'price_2', object: 'price', product: 'prod_2' } }
  const charge = { id: 'ch_1', object: 'charge', amount_refunded: 1, amount_captured: 2, disputed: true }
  bends.set('GET /v1/subscriptions?', (body) => {
    Object.assign(first(body), { status: 'past_due' })
    Object.assign(first(body).items as object, { has_more: true, data: [] })
    const items = { object: 'list', has_more: false, data: [ofProduct] }
    ;(body.data as object[]).push({ ...trial, items, cancel_at_period_end: false })
  })
  const paid = { disputed: true, payment_intent: 'pi_1' }
  bends.set('GET /v1/charges?', (body) => Object.assign(first(body), paid))
  bends.set('GET /v1/checkout/sessions?', (body) =>
    Object.assign(first(body), {
      status: 'complete',
      mode: 'payment',
      payment_status: 'paid',
      line_items: { object: 'list', data: [item], has_more: true },
      payment_intent: 'pi_1',
    }),
  )
  bends.set('GET /v1/payment_intents/', (body) => Object.assign(body, { latest_charge: 'ch_1' }))
  bends.set('GET /v1/charges/', (body) => Object.assign(body, charge))
  const state = await ours.fetchCustomer('cus_1', { features: true })
  expect(refused()).toEqual([])
  expect(state.subscriptions[0]).toMatchObject({ status: 'past_due', unpaid_since: expect.any(Number) })
  expect(whatWasAsked()).toEqual([
    'GET /v1/charges',
    'GET /v1/charges/ch_1',
    'GET /v1/checkout/sessions',
    expect.stringMatching('GET /v1/checkout/sessions/cs_[^/]+/line_items'),
    'GET /v1/customers/cus_1',
    'GET /v1/disputes',
    'GET /v1/entitlements/active_entitlements',
    'GET /v1/invoice_payments',
    'GET /v1/invoices',
    expect.stringMatching('GET /v1/invoices/in_[^/]+/lines'),
    'GET /v1/payment_intents/pi_1',
    expect.stringMatching('GET /v1/products/prod_[^/]+/features'),
    expect.stringMatching('GET /v1/products/prod_[^/]+/features'),
    'GET /v1/refunds',
    'GET /v1/subscription_items',
    'GET /v1/subscription_schedules',
    'GET /v1/subscriptions',
  ])
})

test('further pages are asked for as Stripe wants it', async ({ skip }) => {
  const ours = api(skip)
  const seen: string[] = []
  const lists = [
    '/v1/subscriptions?',
    '/v1/subscription_schedules?',
    '/v1/checkout/sessions?',
    '/v1/invoices?',
    '/v1/entitlements/active_entitlements?',
  ]
  for (const list of lists)
    bends.set(`GET ${list}`, (body) => {
      const more = !seen.includes(list)
      seen.push(list)
      Object.assign(body, { has_more: more })
      Object.assign(first(body), { id: more ? 'first_1' : 'last_1' })
    })
  await ours.fetchCustomer('cus_1', { features: true })
  expect(refused()).toEqual([])
  for (const list of lists) expect(seen.filter((each) => each === list)).toHaveLength(2)
})

test('a guest’s checkout is asked for, and whose everything is', async ({ skip }) => {
  const ours = api(skip)
  await ours.fetchCustomer('cs_test_1', { features: false })
  bends.set('GET /v1/charges/', (body) => Object.assign(body, { customer: null, payment_intent: 'pi_2' }))
  bends.set('GET /v1/payment_intents/', (body) => Object.assign(body, { customer: null }))
  const paid = { customer: null, status: 'complete', mode: 'payment' }
  bends.set('GET /v1/checkout/sessions/', (body) => Object.assign(body, paid))
  bends.set('GET /v1/checkout/sessions?', (body) =>
    Object.assign(first(body), { customer: null, id: 'cs_9' }),
  )
  const objects = [
    'ch_1',
    'py_1',
    'pi_1',
    'dp_1',
    'du_1',
    're_1',
    'pyr_1',
    'cs_1',
    'sub_1',
    'sub_sched_1',
    'si_1',
    'in_1',
    'cn_1',
  ]
  for (const object of objects)
    expect([object, await ours.customerOf(object)]).toEqual([object, expect.any(String)])
  bends.set('GET /v1/refunds/', (body) => Object.assign(body, { charge: null, payment_intent: 'pi_3' }))
  expect(await ours.customerOf('re_2')).toBe('cs_9')
  expect(refused()).toEqual([])
})

test('events and all subscriptions are asked for', async ({ skip }) => {
  const ours = api(skip)
  for await (const event of ours.events(Date.now() - 86_400_000)) expect(event.id).toMatch(/^evt_/)
  for await (const each of ours.subscriptions()) expect(each.customer).toMatch(/^cus_/)
  for await (const each of ours.subscriptions('sub_1')) expect(each.id).toMatch(/^sub_/)
  const since = Date.now() - 86_400_000
  for await (const some of ours.schedules()) expect(some[0]?.customer).toMatch(/^cus_/)
  for (const list of ['checkouts', 'invoices'] as const) {
    for await (const { last } of ours.purchases(list, {})) expect(last).toMatch(/^(cs|in)_/)
    for await (const { last } of ours.purchases(list, { after: 'x_1', since })) expect(last).not.toBe('')
  }
  const back = []
  for await (const some of ours.moneyBack(since)) back.push(...some)
  expect(back.map(({ id }) => id.slice(0, 2))).toEqual(['re', 'dp'])
  expect(refused()).toEqual([])
  expect(whatWasAsked()).toEqual([
    'GET /v1/checkout/sessions',
    'GET /v1/disputes',
    'GET /v1/events',
    'GET /v1/invoices',
    'GET /v1/refunds',
    'GET /v1/subscription_schedules',
    'GET /v1/subscriptions',
  ])
})

test('what a price sells, and what can be bought, is asked for', async ({ skip }) => {
  const ours = api(skip)
  expect(await ours.price('price_1')).toMatchObject({ price: 'price_1', product: expect.any(String) })
  await ours.activePrices({ type: 'recurring', lookup_key: 'pro_monthly' })
  await ours.activePrices({ type: 'one_time', product: 'prod_1' })
  expect(refused()).toEqual([])
  expect(whatWasAsked()).toEqual(['GET /v1/prices', 'GET /v1/prices/price_1'])
})

test('what we write, Stripe takes', async ({ skip }) => {
  const ours = api(skip)
  await ours.setQuantity('si_1', 5, 'key-1')
  const prices = [{ price: 'price_1', quantity: 2 }]
  const urls = { success_url: 'https://example.com/done', cancel_url: 'https://example.com/back' }
  await ours.createCheckoutSession({
    mode: 'payment',
    prices,
    success_url: urls.success_url,
    idempotency_key: 'key-2',
  })
  const { url } = await ours.createCheckoutSession({
    ...urls,
    mode: 'subscription',
    prices,
    customer: 'cus_1',
    client_reference_id: 'sub_x',
    trial_days: 14,
    metadata: { right: 'pro' },
    idempotency_key: 'key-3',
  })
  expect(url).toMatch(/^https:/)
  await ours.createPortalSession({ customer: 'cus_1', idempotency_key: 'key-4' })
  await ours.createPortalSession({ customer: 'cus_1', return_url: urls.cancel_url, idempotency_key: 'key-5' })
  expect(await ours.createCustomer({ right: 'pro' }, 'key-6')).toMatch(/^cus_/)
  expect((await ours.ownAccount()).id).toMatch(/^acct_/)
  expect(refused()).toEqual([])
})

test('a parameter that Stripe does not know would be refused', async ({ skip }) => {
  if ('missing' in mock) return skip(mock.missing)
  const headers = { authorization: `Bearer ${mock.key}` }
  const response = await fetch(`${mock.url}/v1/subscriptions?colour=red`, { headers })
  await response.arrayBuffer()
  expect(response.status).toBe(400)
})

/** Passes requests on, notes them, and bends answers. */
async function between(target: string) {
  const server = createServer(async (incoming, outgoing) => {
    const { method = '', url = '' } = incoming
    const sent = request(`${target}${url}`, { method, headers: incoming.headers }, async (answer) => {
      const said = await text(answer)
      const status = answer.statusCode ?? 0
      asked.push({ what: `${method} ${url.split('?')[0]}`, status })
      const bend = [...bends].find(([start]) => `${method} ${url}`.startsWith(start))?.[1]
      if (!bend || status !== 200) return outgoing.writeHead(status).end(said)
      const body = JSON.parse(said)
      bend(body)
      return outgoing.writeHead(status).end(JSON.stringify(body))
    })
    incoming.pipe(sent)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
