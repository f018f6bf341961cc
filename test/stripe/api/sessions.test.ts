import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type FakeStripe, startFakeStripe } from '#test/stripe/fake/start-fake-stripe.ts'
import { connected } from './connected.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 120_000 })

let fake: FakeStripe
beforeEach(async () => {
  fake = await startFakeStripe()
})
afterEach(async () => {
  await fake.close()
  expect(fake.mistakes).toEqual([])
})

test('a checkout that we made is completed, and tells whom it is for and what was named', async () => {
  const api = connected(fake)
  const customer = await api.createCustomer({ note: 'ours' }, 'customer-1')
  const price = fake.createPrice()
  const request = {
    mode: 'subscription',
    prices: [{ price, quantity: 3 }],
    customer,
    client_reference_id: 'org_1',
    trial_days: 14,
    metadata: { right: 'seats' },
    success_url: 'https://example.com/done',
    idempotency_key: 'checkout-1',
  } as const
  const made = await api.createCheckoutSession(request)
  expect(made.url).toMatch(/^https:/)
  // Asked again, as after an answer that was lost, it is the same.
  expect(await api.createCheckoutSession(request)).toEqual(made)
  await expect(api.createCheckoutSession({ ...request, trial_days: 1 })).rejects.toMatchObject({
    kind: 'refused',
  })
  fake.completeCheckout(made.id)
  const state = await api.fetchCustomer(customer, { features: false })
  expect(state.checkouts).toMatchObject([{ id: made.id, reference: 'org_1', named: 'seats', paid: true }])
  expect(state.subscriptions).toMatchObject([
    { status: 'trialing', named: 'seats', items: [{ price, quantity: 3 }] },
  ])
  const portal = await api.createPortalSession({ customer, idempotency_key: 'portal-1' })
  expect(portal.url).toMatch(/^https:/)
  expect((await api.ownAccount()).id).toBe(fake.account)
})

test('a restricted key, that may not read its account, works; one that is not believed does not', async () => {
  fake.failOnce('/v1/account', 403)
  expect(await connected(fake).ownAccount()).toEqual({})
  await expect(connected({ url: fake.url, key: 'sk_test_another' }).ownAccount()).rejects.toMatchObject({
    kind: 'refused',
    ofKey: true,
  })
})

test('a quantity is set once for one key, and Stripe says that it changed', async () => {
  const api = connected(fake)
  const customer = fake.createCustomer()
  const subscription = fake.subscribe(customer, [{ price: fake.createPrice(), quantity: 2 }])
  const [item = ''] = fake.itemsOf(subscription)
  const before = fake.events().length
  await api.setQuantity(item, 7, 'quantity-1')
  await api.setQuantity(item, 7, 'quantity-1')
  expect(
    fake
      .events()
      .slice(before)
      .map(({ type }) => type),
  ).toEqual(['customer.subscription.updated'])
  const state = await api.fetchCustomer(customer, { features: false })
  expect(state.subscriptions[0]?.items).toMatchObject([{ id: item, quantity: 7 }])
})

test('events that were not delivered are read over all pages, newest first, and no others', async () => {
  let now = Date.UTC(2026, 0, 1)
  await fake.close()
  fake = await startFakeStripe({ now: () => now })
  fake.createCustomer()
  now += 3_600_000
  const since = now
  const customer = fake.createCustomer()
  const price = fake.createPrice()
  for (let n = 0; n < 30; n++) fake.subscribe(customer, [{ price }])
  const sent = fake.events().filter((event) => event.created * 1000 >= since)
  for (const event of sent.slice(10, 20)) fake.markDelivered(event.id)
  const read: string[] = []
  for await (const event of connected(fake).events(since)) {
    expect(Object.keys(event).sort()).not.toContain('data')
    read.push(event.id)
  }
  expect(read.length).toBeGreaterThan(100)
  expect(read).toEqual([...sent.slice(0, 10), ...sent.slice(20)].map(({ id }) => id).reverse())
})

test('all subscriptions of the account are read, and a pass that was cut off goes on', async () => {
  const price = fake.createPrice()
  const customers = Array.from({ length: 105 }, () => fake.createCustomer())
  const made = customers.map((customer) => fake.subscribe(customer, [{ price }]))
  fake.cancel(made[3] ?? '')
  const api = connected(fake)
  const all = await Array.fromAsync(api.subscriptions())
  expect(all.map(({ id }) => id)).toEqual(made.toReversed())
  expect(all.map(({ customer }) => customer)).toEqual(customers.toReversed())
  const rest = await Array.fromAsync(api.subscriptions(all[49]?.id))
  expect(rest).toEqual(all.slice(50))
})
