import { expect, test } from 'vitest'
import type { StripeApi } from '#stripe/api/create-api.ts'
import { leaseMs } from '#stripe/lease.ts'
import { openWorkshop, type Workshop } from './workshop.ts'

/** An API whose next fetches wait before they give what they fetched. */
function holdingApi(shop: Workshop) {
  const api = shop.openApi()
  let hold: Promise<void> | undefined
  let fetched = Promise.withResolvers<void>()
  const fetchCustomer: StripeApi['fetchCustomer'] = async (customer, options) => {
    const state = await api(shop.account).fetchCustomer(customer, options)
    fetched.resolve()
    await hold
    return state
  }
  return {
    api: () => ({ ...api(shop.account), fetchCustomer }),
    /** From now on; the answer lets go. */
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      hold = promise
      fetched = Promise.withResolvers<void>()
      return () => {
        hold = undefined
        resolve()
      }
    },
    fetched: () => fetched.promise,
  }
}

test('F43 who lost the lease writes nothing: an older fetch never overwrites a newer one', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock } = shop
  const { customer, subject } = await shop.newCustomer()
  const subscription = fake.subscribe(customer, [{ price: price.pro }])
  await shop.receive()
  const slow = holdingApi(shop)
  const letGo = slow.hold()
  const [first, second] = [shop.openWorker({ api: slow.api }), shop.openWorker()]
  first.wake()
  await slow.fetched()

  fake.updateItems(subscription, [{ price: price.team }])
  await shop.receive()
  await second.settled()
  expect(await shop.rights(subject), 'it is still leased').toEqual([])
  clock.ahead += leaseMs + 1000
  await second.settled()
  expect(await shop.plansOf(subject)).toEqual(['team'])
  const changes = await shop.changes()
  letGo()
  await first.settled()
  expect(await shop.plansOf(subject)).toEqual(['team'])
  expect(await shop.changes()).toEqual(changes)
  expect(await shop.marks()).toEqual([])
})

test('F43 who lost the lease takes no newer mark for its own', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock } = shop
  const { customer, subject } = await shop.newCustomer()
  const subscription = fake.subscribe(customer, [{ price: price.pro }])
  await shop.receive()
  const slow = holdingApi(shop)
  const letGo = slow.hold()
  const [first, second] = [shop.openWorker({ api: slow.api }), shop.openWorker()]
  first.wake()
  await slow.fetched()
  fake.updateItems(subscription, [{ price: price.team }])
  clock.ahead += leaseMs + 1000
  await second.settled()
  expect(await shop.plansOf(subject)).toEqual(['team'])

  // There is a mark again when the first comes back, but it is not the one that it leased.
  fake.updateItems(subscription, [{ price: price.team, quantity: 2 }])
  await shop.receive()
  const [marked, changes] = [await shop.marks(), await shop.changes()]
  expect(marked).toHaveLength(1)
  clock.ahead -= leaseMs + 1000
  letGo()
  await first.close()
  expect(await shop.plansOf(subject)).toEqual(['team'])
  expect(await shop.changes()).toEqual(changes)
  expect(await shop.marks()).toEqual(marked)
})

test('what arrives while a customer is fetched is fetched again, and its event is not settled by the older fetch', async () => {
  const shop = await openWorkshop()
  const { fake, price } = shop
  const { customer, subject } = await shop.newCustomer()
  const subscription = fake.subscribe(customer, [{ price: price.pro }])
  await shop.receive()
  const slow = holdingApi(shop)
  const letGo = slow.hold()
  const worker = shop.openWorker({ api: slow.api })
  worker.wake()
  await slow.fetched()
  fake.updateItems(subscription, [{ price: price.team }])
  await shop.receive()
  letGo()
  await worker.settled()
  expect(await shop.plansOf(subject)).toEqual(['team'])
  const [, second] = await shop.changes()
  const last = (await shop.events()).at(-1)
  expect(last).toMatchObject({ status: 'processed', revision: second?.revision })
})

test('two workers on one database never work at one customer at once, and nothing is left', async () => {
  const shop = await openWorkshop()
  const { fake, price } = shop
  const api = shop.openApi()
  const inHand = new Map<string, number>()
  const most = { ofOne: 0, together: 0 }
  // One worker takes eight: the first wait until the other one has some, too.
  const both = Promise.withResolvers<void>()
  const counting = () => ({
    ...api(shop.account),
    fetchCustomer: async (...asked: Parameters<StripeApi['fetchCustomer']>) => {
      const [customer] = asked
      inHand.set(customer, (inHand.get(customer) ?? 0) + 1)
      most.ofOne = Math.max(most.ofOne, inHand.get(customer) ?? 0)
      most.together = Math.max(most.together, [...inHand.values()].filter((count) => count > 0).length)
      if (most.together > 8) both.resolve()
      await both.promise
      const state = await api(shop.account).fetchCustomer(...asked)
      inHand.set(customer, (inHand.get(customer) ?? 1) - 1)
      return state
    },
  })
  const workers = [shop.openWorker({ api: counting }), shop.openWorker({ api: counting })]
  const people = []
  for (let n = 0; n < 20; n++) people.push(await shop.newCustomer())
  const subscriptions = people.map(({ customer }) => fake.subscribe(customer, [{ price: price.pro }]))
  for (let round = 0; round < 6; round++) {
    for (const subscription of subscriptions)
      fake.updateItems(subscription, [{ price: round % 2 ? price.pro : price.team }])
    await shop.receive()
    for (const worker of workers) worker.wake()
  }
  await Promise.all(workers.map((worker) => worker.settled()))
  await Promise.all(workers.map((worker) => worker.settled()))
  expect(most.ofOne).toBe(1)
  expect(most.together).toBeGreaterThan(8)
  expect(await shop.marks()).toEqual([])
  for (const { subject } of people) expect(await shop.plansOf(subject)).toEqual(['pro'])
})

test('who closes gives back what is not finished, and what comes of it later is refused', async () => {
  const shop = await openWorkshop()
  const { fake, price } = shop
  const { customer, subject } = await shop.newCustomer()
  fake.subscribe(customer, [{ price: price.pro }])
  await shop.receive()
  const slow = holdingApi(shop)
  const letGo = slow.hold()
  const worker = shop.openWorker({ api: slow.api, graceMs: 50 })
  worker.wake()
  await slow.fetched()
  await worker.close()
  expect(await shop.marks()).toMatchObject([{ object: customer, lease_until: null, attempts: 0 }])
  letGo()
  const next = shop.openWorker()
  await next.settled()
  expect(await shop.plansOf(subject)).toEqual(['pro'])
  expect(await shop.changes()).toHaveLength(1)
})

test('an account that has nothing but slow customers leaves room for the others', async () => {
  const shop = await openWorkshop()
  const { fake, price } = shop
  const other = await shop.anotherAccount()
  const slow = holdingApi(shop)
  const letGo = slow.hold()
  const api = shop.openApi()
  const worker = shop.openWorker({
    api: (account) => (account.id === other.id ? api(account) : slow.api()),
    accounts: () => [shop.account, other],
    perAccount: 4,
    atOnce: 8,
  })
  for (let n = 0; n < 30; n++) await shop.newCustomer()
  const { customer, subject } = await shop.newCustomer(other)
  fake.subscribe(customer, [{ price: price.pro }])
  await shop.receive(fake.undelivered(), 'push', other)
  worker.wake()
  await expect.poll(() => shop.plansOf(subject)).toEqual(['pro'])
  expect((await shop.marks()).filter(({ lease_until }) => lease_until !== null)).toHaveLength(4)
  letGo()
})
