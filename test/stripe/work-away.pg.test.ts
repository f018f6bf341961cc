import { expect, test } from 'vitest'
import { openWorkshop } from './workshop.ts'

const hourMs = 3_600_000

test('F45 S001-46 Stripe does not answer for an hour: no right changes, few requests are made, all is caught up after', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock } = shop
  const worker = shop.openWorker()
  const people = []
  for (let n = 0; n < 30; n++) people.push(await shop.newCustomer())
  const before = people.map(({ customer }) => fake.subscribe(customer, [{ price: price.pro }]))
  await shop.receive()
  await worker.settled()
  const rights = await shop.rights()
  expect(rights).toHaveLength(30)

  fake.down('cut')
  for (const subscription of before) fake.updateItems(subscription, [{ price: price.team }])
  await shop.receive()
  const asked = fake.requests.length
  for (let passed = 0; passed < hourMs; passed += 15_000) {
    clock.ahead += 15_000
    await worker.settled()
  }
  expect(await shop.rights()).toEqual(rights)
  expect(fake.requests.length - asked).toBeLessThan(400)
  const marks = await shop.marks()
  expect(marks).toHaveLength(30)
  expect(marks.map(({ state }) => state)).toEqual(marks.map(() => 'waiting'))
  expect(marks.some(({ error }) => error?.startsWith('unavailable: '))).toBe(true)

  fake.up()
  for (let passed = 0; passed < 8 * 60_000; passed += 15_000) {
    clock.ahead += 15_000
    await worker.settled()
  }
  expect(await shop.marks()).toEqual([])
  expect((await shop.rights()).map(({ plan }) => plan)).toEqual(people.map(() => 'team'))
})

test('F46 a limit is kept as long as Stripe asks, and then nobody has lost anything', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock } = shop
  const worker = shop.openWorker()
  const { customer, subject } = await shop.newCustomer()
  fake.subscribe(customer, [{ price: price.pro }])
  await shop.receive()
  fake.limit(429, 40)
  const asked = fake.requests.length
  await worker.settled()
  expect(fake.requests.length - asked).toBe(1)
  clock.ahead += 39_000
  await worker.settled()
  expect(fake.requests.length - asked).toBe(1)
  fake.up()
  clock.ahead += 3000
  await worker.settled()
  expect(await shop.plansOf(subject)).toEqual(['pro'])
})

test('a key that Stripe does not believe for hours gives up nobody, and asks seldom', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock } = shop
  const worker = shop.openWorker()
  const people = []
  for (let n = 0; n < 2; n++) people.push(await shop.newCustomer())
  for (const { customer } of people) fake.subscribe(customer, [{ price: price.pro }])
  await shop.receive()
  fake.down(401)
  const asked = fake.requests.length
  for (let passed = 0; passed < 2 * hourMs; passed += 120_000) {
    clock.ahead += 120_000
    await worker.settled()
  }
  expect((await shop.marks()).map(({ state }) => state)).toEqual(people.map(() => 'waiting'))
  expect(fake.requests.length - asked).toBeLessThan(100)
  fake.up()
  for (let n = 0; n < 10; n++) {
    clock.ahead += 60_000
    await worker.settled()
  }
  expect((await shop.rights()).map(({ plan }) => plan)).toEqual(people.map(() => 'pro'))
})

test('an answer that is cut in half, a list that is, and an error of the server change no right', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock } = shop
  const worker = shop.openWorker()
  const { customer, subject } = await shop.newCustomer()
  const subscription = fake.subscribe(customer, [{ price: price.pro }])
  await shop.receive()
  await worker.settled()
  const rights = await shop.rights(subject)
  fake.updateItems(subscription, [{ price: price.team }])
  await shop.receive()
  const paths = ['/v1/customers', '/v1/subscriptions', '/v1/subscription_schedules', '/v1/checkout/sessions']
  for (const path of paths) {
    for (const fault of ['half', 'cut', 500, 401, 403] as const) {
      fake.failOnce(path, fault)
      clock.ahead += 600_000
      await worker.settled()
      expect(await shop.rights(subject), `${path} ${fault}`).toEqual(rights)
      expect(await shop.marks()).toMatchObject([{ object: customer, state: 'waiting', lease_until: null }])
    }
  }
  clock.ahead += 600_000
  await worker.settled()
  expect(await shop.plansOf(subject)).toEqual(['team'])
})

test('a customer that Stripe always refuses is given up and holds up nobody; an event or a replay revives it', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock } = shop
  const api = shop.openApi()
  let refuses = ''
  const worker = shop.openWorker({
    api: (account) => ({
      ...api(account),
      fetchCustomer: (customer, options) =>
        api(account).fetchCustomer(customer === refuses ? 'cus_nobody' : customer, options),
    }),
  })
  const [poison, other] = [await shop.newCustomer(), await shop.newCustomer()]
  refuses = poison.customer
  const kept = fake.subscribe(other.customer, [{ price: price.pro }])
  fake.subscribe(poison.customer, [{ price: price.pro }])
  await shop.receive()
  for (let n = 0; n < 25; n++) {
    clock.ahead += 600_000
    await worker.settled()
    if (n === 3) expect(await shop.plansOf(other.subject)).toEqual(['pro'])
    if (n === 10) {
      fake.updateItems(kept, [{ price: price.team }])
      await shop.receive()
    }
  }
  expect(await shop.plansOf(other.subject)).toEqual(['team'])
  const [mark, ...others] = await shop.marks()
  expect(others).toEqual([])
  expect(mark).toMatchObject({ object: poison.customer, state: 'dead', attempts: 20 })
  expect(mark?.error).toMatch(/^missing: /)
  expect(shop.log.at(-1)?.message).toContain('given up')
  const asked = fake.requests.length
  clock.ahead += 600_000
  await worker.settled()
  expect(fake.requests.length).toBe(asked)

  // A new event is one more reason to look, and it has all its tries again.
  fake.updateCustomer(poison.customer, { note: 'x' })
  await shop.receive()
  await worker.settled()
  expect(await shop.marks()).toMatchObject([{ state: 'waiting', attempts: 1 }])
  for (let n = 0; n < 25; n++) {
    clock.ahead += 600_000
    await worker.settled()
  }
  expect(await shop.marks()).toMatchObject([{ state: 'dead' }])

  refuses = ''
  const { marked, unknown } = await shop.replay({ dead: true, events: ['evt_unknown'] })
  expect({ marked, unknown }).toEqual({ marked: 1, unknown: ['evt_unknown'] })
  await worker.settled()
  expect(await shop.plansOf(poison.subject)).toEqual(['pro'])
  expect(await shop.marks()).toEqual([])
})
