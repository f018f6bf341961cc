import { expect, test } from 'vitest'
import { importPurchases } from '#stripe/import-purchases.ts'
import { createInbox } from '#stripe/inbox.ts'
import { keepInSync } from '#stripe/keep-in-sync.ts'
import { reconcile } from '#stripe/reconcile.ts'
import { sweep } from '#stripe/sweep.ts'
import { takeTurn } from '#stripe/turn.ts'
import { verify } from '#stripe/verify.ts'
import { openWorkshop, type Workshop } from './workshop.ts'

const hourMs = 3_600_000

function partsOf(shop: Workshop) {
  const { sql, now } = shop
  const api = shop.openApi()
  const inbox = createInbox({ sql, wake: () => undefined })
  return { sql, api, inbox, now, wake: () => undefined }
}

async function all<T>(some: AsyncIterable<T>): Promise<readonly T[]> {
  return Array.fromAsync(some)
}

test('F46 what Stripe could not deliver is swept into the inbox, once, and applied', async () => {
  const shop = await openWorkshop()
  const { fake, price } = shop
  const worker = shop.openWorker()
  const parts = partsOf(shop)
  const { customer, subject } = await shop.newCustomer()
  await worker.settled()
  fake.subscribe(customer, [{ price: price.pro }])
  const lost = fake.undelivered()
  expect(await all(sweep(parts, shop.account, shop.now()))).toEqual([
    { done: lost.length, total: lost.length },
  ])
  await worker.settled()
  expect(await shop.plansOf(subject)).toEqual(['pro'])
  const events = await shop.events()
  expect(events.map(({ received_via }) => received_via)).toEqual(lost.map(() => 'sweep'))

  // It is not done again so soon; when it is, what is known is a repeat.
  expect(await all(sweep(parts, shop.account, shop.now() - 600_000))).toEqual([])
  shop.clock.ahead += 600_001
  expect(await all(sweep(parts, shop.account, shop.now() - 600_000))).toHaveLength(1)
  expect(await shop.events()).toEqual(events)
  // What is older than the last sweep and a while is not asked for any more.
  shop.clock.ahead += 24 * hourMs
  await all(sweep(parts, shop.account, shop.now()))
  shop.clock.ahead += 600_001
  expect(await all(sweep(parts, shop.account, shop.now()))).toEqual([{ done: 0, total: 0 }])
})

test('F46 an account that was there before is imported; lost events of every kind are made up for within the hour', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock } = shop
  const worker = shop.openWorker()
  const parts = partsOf(shop)
  const people = []
  for (let n = 0; n < 8; n++) people.push({ ...(await shop.newCustomer()), subscription: '' })
  for (const person of people) person.subscription = fake.subscribe(person.customer, [{ price: price.pro }])
  await shop.sql`delete from vouchsafe.stripe_marks`
  await all(reconcile(parts, shop.account, shop.now() - hourMs))
  await worker.settled()
  for (const { subject } of people) expect(await shop.plansOf(subject)).toEqual(['pro'])

  // All in order: nobody is fetched, and not again within the hour.
  const asked = () => fake.requests.filter(({ path }) => path.startsWith('/v1/customers/')).length
  const before = asked()
  clock.ahead += hourMs
  expect(await all(reconcile(parts, shop.account, shop.now() - hourMs))).toEqual([
    { done: 8 },
    { done: 8, total: 8 },
  ])
  expect(await shop.marks()).toEqual([])
  expect(await all(reconcile(parts, shop.account, shop.now() - hourMs))).toEqual([])

  const acts = [
    (subscription: string) => fake.cancel(subscription),
    (subscription: string) => fake.updateItems(subscription, [{ price: price.team }]),
    (subscription: string) => fake.cancelAtPeriodEnd(subscription),
    (subscription: string) => fake.failPayment(subscription),
    (subscription: string) => fake.pauseCollection(subscription),
    (subscription: string) => fake.updateItems(subscription, [{ price: price.pro, quantity: 4 }]),
    (subscription: string) => fake.addItem(subscription, { price: price.team }),
  ]
  for (const [index, act] of acts.entries()) act(people[index]?.subscription ?? '')
  clock.ahead += hourMs
  await all(reconcile(parts, shop.account, shop.now() - hourMs))
  expect((await shop.marks()).map(({ object }) => object)).toEqual(
    people.slice(0, acts.length).map(({ customer }) => customer),
  )
  await worker.settled()
  expect(asked() - before).toBe(acts.length)
  const plans = await Promise.all(people.map(({ subject }) => shop.plansOf(subject)))
  expect(plans).toEqual([[], ['team'], ['pro'], ['pro'], ['pro'], ['pro'], ['pro', 'team'], ['pro']])
  const rights = await Promise.all(people.map(({ subject }) => shop.rights(subject)))
  expect(rights[3]).toMatchObject([{ past_due: true }])
})

test('a pass that is cut off goes on where it was; who is gone from the list is fetched', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock } = shop
  const worker = shop.openWorker()
  const parts = partsOf(shop)
  const people = []
  for (let n = 0; n < 130; n++) people.push(fake.createCustomer())
  for (const customer of people) fake.subscribe(customer, [{ price: price.pro }])
  for await (const { done } of reconcile(parts, shop.account, shop.now())) {
    expect(done).toBe(100)
    break
  }
  expect(await shop.marks()).toHaveLength(100)
  const listed = () => fake.requests.filter(({ path }) => path === '/v1/subscriptions').length
  const before = listed()
  expect(await all(reconcile(parts, shop.account, shop.now()))).toEqual([
    { done: 30 },
    { done: 30, total: 30 },
  ])
  expect(listed() - before).toBe(1)
  expect(await shop.marks()).toHaveLength(130)
  await worker.settled()
  expect((await shop.marks()).every(({ state }) => state === 'unbound')).toBe(true)
  await shop.sql`delete from vouchsafe.stripe_marks`

  const gone = people[3] ?? ''
  await shop.sql`update vouchsafe.stripe_subscriptions set subscription = 'sub_gone' where customer = ${gone}`
  clock.ahead += hourMs
  await all(reconcile(parts, shop.account, shop.now()))
  expect((await shop.marks()).map(({ object }) => object)).toEqual([gone])
})

test('F46 a list that cannot be read, time and again, keeps no cancelled subscription from being found', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock } = shop
  const worker = shop.openWorker()
  const parts = partsOf(shop)
  const { customer, subject } = await shop.newCustomer()
  const subscription = fake.subscribe(customer, [{ price: price.pro }])
  await all(reconcile(parts, shop.account, shop.now()))
  await worker.settled()
  expect(await shop.plansOf(subject)).toEqual(['pro'])
  const refused = async () => {
    clock.ahead += hourMs
    fake.failOnce('/v1/disputes', 403)
    await expect(all(reconcile(parts, shop.account, shop.now()))).rejects.toMatchObject({ kind: 'refused' })
  }
  await refused()
  fake.cancel(subscription)
  await refused()
  await worker.settled()
  expect(await shop.plansOf(subject)).toEqual([])
})

test('what was paid once is in no list: it is fetched again after a day', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock } = shop
  const worker = shop.openWorker()
  const parts = partsOf(shop)
  const { customer, subject } = await shop.newCustomer()
  const session = fake.completeCheckout({ mode: 'payment', customer, lines: [{ price: price.course }] })
  await shop.receive()
  await worker.settled()
  expect(await shop.plansOf(subject)).toEqual(['course'])
  fake.refund(fake.chargeOf(session))
  clock.ahead += 25 * hourMs
  await all(reconcile(parts, shop.account, shop.now()))
  await worker.settled()
  expect(await shop.plansOf(subject)).toEqual([])
})

test('one process at a time has the turn; one that does not say that it is at it loses it', async () => {
  const shop = await openWorkshop()
  const { sql, now, clock, account } = shop
  const turns = await Promise.all([1, 2, 3, 4].map(() => takeTurn({ sql, now }, account, 'reconcile', now())))
  const [turn, ...others] = turns.filter((each) => each !== undefined)
  expect(others).toEqual([])
  expect(await takeTurn({ sql, now }, account, 'sweep', now())).toBeDefined()
  clock.ahead += 100_000
  expect(await turn?.keep('sub_1')).toBe(true)
  clock.ahead += 100_000
  expect(await takeTurn({ sql, now }, account, 'reconcile', now())).toBeUndefined()
  clock.ahead += 100_000
  const next = await takeTurn({ sql, now }, account, 'reconcile', now())
  expect(next?.after).toBe('sub_1')
  expect(await turn?.keep('sub_2')).toBe(false)
  await turn?.done(now())
  expect(await takeTurn({ sql, now }, account, 'reconcile', now())).toBeUndefined()
  const at = now()
  await next?.done(at)
  expect(await takeTurn({ sql, now }, account, 'reconcile', at - 1)).toBeUndefined()
  expect(await takeTurn({ sql, now }, account, 'reconcile', at)).not.toHaveProperty('after')
})

test('verify tells each drift and writes nothing', async () => {
  const shop = await openWorkshop()
  const { fake, price } = shop
  const worker = shop.openWorker()
  const parts = partsOf(shop)
  const [fine, changed, unknown] = [await shop.newCustomer(), await shop.newCustomer(), fake.createCustomer()]
  fake.subscribe(fine.customer, [{ price: price.pro }])
  const subscription = fake.subscribe(changed.customer, [{ price: price.pro }])
  await shop.receive()
  await worker.settled()
  fake.updateItems(subscription, [{ price: price.team }])
  fake.subscribe(unknown, [{ price: price.pro }])
  const before = await shop.sql`select xmin::text, * from vouchsafe.stripe_states order by customer`
  const found = await all(verify(parts, shop.account))
  expect(
    found.map((each) => [each.customer, 'drift' in each && each.drift.changes.map(({ kind }) => kind)]),
  ).toEqual([
    [fine.customer, []],
    [changed.customer, ['missing', 'too_much']],
    [unknown, []],
  ])
  expect(found.map(({ done }) => done)).toEqual([1, 2, 3])
  expect(found[2]).toMatchObject({ drift: { bound: false } })
  expect(await shop.sql`select xmin::text, * from vouchsafe.stripe_states order by customer`).toEqual(before)
  expect(await shop.plansOf(changed.subject)).toEqual(['pro'])
  expect(await shop.marks()).toEqual([])

  fake.failOnce(`/v1/customers/${fine.customer}`, 500)
  const [failed] = await all(verify(parts, shop.account, fine.customer))
  expect(failed).toMatchObject({ customer: fine.customer, error: { kind: 'unavailable' } })
})

test('both are done at the start for each account; what fails is told and leaves the turn to the next', async () => {
  const shop = await openWorkshop()
  const { fake, price } = shop
  const worker = shop.openWorker()
  const parts = partsOf(shop)
  const { customer, subject } = await shop.newCustomer()
  await worker.settled()
  fake.subscribe(customer, [{ price: price.pro }])
  const kept = keepInSync({
    accounts: () => [shop.account],
    sweep: (account, since) => sweep(parts, account, since),
    reconcile: (account, since) => reconcile(parts, account, since),
    importPurchases: (account, since) => importPurchases(parts, account, since),
    now: shop.now,
    log: {
      info: (fields, message) => void shop.log.push({ fields, message }),
      warn: (fields, message) => void shop.log.push({ fields, message }),
    },
  })
  fake.failOnce('/v1/events', 503)
  kept.begin([shop.account])
  await kept.settled()
  expect(shop.log).toContainEqual({
    fields: { account: 'shop', kind: 'unavailable' },
    message: 'Stripe was not swept; it is tried again soon',
  })
  await worker.settled()
  expect(await shop.plansOf(subject), 'reconciled').toEqual(['pro'])
  kept.begin([shop.account])
  await kept.settled()
  expect(shop.log.at(-1)?.message).toBe('Stripe was swept')
  await kept.close()
})
