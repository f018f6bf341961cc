import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FakeStripe, startFakeStripe } from '#test/stripe/fake/start-fake-stripe.ts'
import { connected } from './connected.ts'

let fake: FakeStripe
const clock = { ahead: 0 }
beforeEach(async () => {
  clock.ahead = 0
  fake = await startFakeStripe({ checked: false, now: () => Date.now() + clock.ahead })
})
afterEach(async () => {
  await fake.close()
  expect(fake.mistakes).toEqual([])
})

const fetchAll = (customer: string) => connected(fake).fetchCustomer(customer, { features: true })
const disputed = async (customer: string) =>
  Object.fromEntries((await fetchAll(customer)).subscriptions.map((one) => [one.id, one.disputed]))
const charge = (subscription: string) => fake.chargeOfPeriod(subscription) ?? ''
const paths = () => fake.requests.map(({ path }) => path)

test('S004-31 a dispute of a period is its subscription’s: open, won, or lost until something is paid again', async () => {
  const customer = fake.createCustomer()
  const price = fake.createPrice()
  const [one, other] = [0, 1].map(() => fake.subscribe(customer, [{ price }])) as [string, string]
  const none = { [one]: undefined, [other]: undefined }
  expect(await disputed(customer)).toEqual(none)
  const first = fake.dispute(charge(one))
  expect(await disputed(customer)).toEqual({ ...none, [one]: 'open' })
  fake.closeDispute(first, 'won')
  expect(await disputed(customer)).toEqual(none)

  clock.ahead += 31 * 86_400_000
  fake.renew(one)
  fake.closeDispute(fake.dispute(charge(one)), 'lost')
  expect(await disputed(customer)).toEqual({ ...none, [one]: 'lost' })
  fake.renew(other)
  fake.failPayment(one)
  expect(await disputed(customer)).toEqual({ ...none, [one]: 'lost' })
  clock.ahead += 86_400_000
  fake.pay(one)
  fake.renew(one)
  expect(await disputed(customer)).toEqual(none)
  // What was paid since is disputed in its turn, and what is open counts before what was lost.
  fake.dispute(charge(one))
  expect(await disputed(customer)).toEqual({ ...none, [one]: 'open' })
})

test('what cost nothing is no payment that makes good what was lost', async () => {
  const customer = fake.createCustomer()
  const one = fake.subscribe(customer, [{ price: fake.createPrice() }])
  fake.closeDispute(fake.dispute(charge(one)), 'lost')
  clock.ahead += 86_400_000
  fake.renew(one)
  Object.assign(fake.thing('invoice', String(fake.thing('subscription', one).latest_invoice)), { total: 0 })
  expect(await disputed(customer)).toEqual({ [one]: 'lost' })
})

test('of who pays very often the newest thousand payments are looked at', async () => {
  const customer = fake.createCustomer()
  const one = fake.subscribe(customer, [{ price: fake.createPrice() }])
  fake.dispute(charge(one))
  const { id: _, ...like } = fake.thing('charge', charge(one))
  for (let n = 0; n < 999; n++) fake.add({ ...like, id: `ch_more_${n}`, disputed: false })
  expect(await disputed(customer)).toEqual({ [one]: 'open' })
  fake.add({ ...like, id: 'ch_one_more', disputed: false })
  const from = paths().length
  expect(await disputed(customer)).toEqual({ [one]: undefined })
  expect(
    paths()
      .slice(from)
      .filter((path) => path === '/v1/charges'),
  ).toHaveLength(10)
})

test('an inquiry is no dispute, and what a bill or a checkout was about is no subscription’s', async () => {
  const customer = fake.createCustomer()
  const price = fake.createPrice()
  const one = fake.subscribe(customer, [{ price }])
  fake.dispute(charge(one), 'warning_needs_response')
  fake.dispute(fake.chargeOf(fake.billPaid(customer, [{ price: fake.createPrice({ once: true }) }])))
  expect(await disputed(customer)).toEqual({ [one]: undefined })
})

test('a refund of a period says nothing of its subscription: Stripe goes on with it', async () => {
  const customer = fake.createCustomer()
  const one = fake.subscribe(customer, [{ price: fake.createPrice() }])
  const before = (await fetchAll(customer)).subscriptions
  fake.refund(charge(one))
  expect((await fetchAll(customer)).subscriptions).toEqual(before)
})

test('where nothing stands no payment is asked for, and else none of the time before', async () => {
  const customer = fake.createCustomer()
  const price = fake.createPrice()
  fake.cancel(fake.subscribe(customer, [{ price }]))
  await fetchAll(customer)
  expect(paths()).not.toContain('/v1/charges')
  clock.ahead += 86_400_000
  const one = fake.subscribe(customer, [{ price }])
  await fetchAll(customer)
  const asked = fake.requests.find(({ path }) => path === '/v1/charges')
  expect(new URLSearchParams(asked?.query).get('created[gte]')).toBe(
    String(fake.thing('subscription', one).created),
  )
})

test('S004-4 which product sells a feature is asked where not all that stands gives as well', async () => {
  const customer = fake.createCustomer()
  const products = ['prod_a', 'prod_b'].map((id) => fake.createProduct(id, id))
  const [a, b] = products.map((product) => fake.createPrice({ product })) as [string, string]
  fake.offer('prod_a', ['sso', 'export'])
  fake.setFeatures(customer, ['sso', 'export'])
  fake.subscribe(customer, [{ price: a }])
  const more = fake.subscribe(customer, [{ price: b }])
  expect(await fetchAll(customer)).not.toHaveProperty('offers')
  fake.setStatus(more, 'past_due')
  const { offers } = await fetchAll(customer)
  expect(offers).toEqual([
    { product: 'prod_a', features: ['export', 'sso'] },
    { product: 'prod_b', features: [] },
  ])
})

test('a key that may not read products, or a product that is gone, leaves it unknown and fails nothing', async () => {
  const customer = fake.createCustomer()
  const products = ['prod_a', 'prod_b'].map((id) => fake.createProduct(id, id))
  for (const product of products) {
    fake.offer(product, ['sso'])
    fake.subscribe(customer, [{ price: fake.createPrice({ product }) }], { trialDays: 7 })
  }
  fake.setFeatures(customer, ['sso'])
  fake.failOnce('/v1/products', 403)
  expect(await fetchAll(customer)).not.toHaveProperty('offers')
  fake.failOnce('/v1/products', 404)
  expect((await fetchAll(customer)).offers?.map(({ features }) => features).sort()).toEqual([[], ['sso']])
  fake.failOnce('/v1/products', 500)
  await expect(fetchAll(customer)).rejects.toMatchObject({ kind: 'unavailable' })
})
