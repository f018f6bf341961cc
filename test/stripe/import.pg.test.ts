import { expect, test } from 'vitest'
import type { StripeApi } from '#stripe/api/create-api.ts'
import { importPurchases } from '#stripe/import-purchases.ts'
import { reconcile } from '#stripe/reconcile.ts'
import { syncAll } from '#stripe/sync-all.ts'
import { takeTurn } from '#stripe/turn.ts'
import { verify } from '#stripe/verify.ts'
import { openWorkshop, type Workshop } from './workshop.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

function partsOf(shop: Workshop) {
  const { sql, now } = shop
  return { sql, api: shop.openApi(), now, wake: () => undefined }
}

const asked = ({ fake }: Workshop, path: string) =>
  fake.requests.filter((request) => request.path === path).length
const fetched = (shop: Workshop) =>
  shop.fake.requests.filter(({ path }) => path.startsWith('/v1/customers/')).length

/** All that was bought before anybody listened: no event of it ever comes. */
async function openOldShop() {
  const shop = await openWorkshop()
  const { fake, price } = shop
  const once = [{ price: price.course }]
  const [bought, billed, later, subscribed] = [
    await shop.newCustomer(),
    await shop.newCustomer(),
    await shop.newCustomer(),
    await shop.newCustomer(),
  ]
  const guest = await shop.newSubject()
  await shop.sql`delete from vouchsafe.stripe_marks`
  fake.completeCheckout({ mode: 'payment', customer: bought.customer, lines: once })
  fake.billPaid(billed.customer, once)
  const starts = shop.now() + dayMs
  fake.schedule(later.customer, [{ starts, ends: starts + 30 * dayMs, lines: [{ price: price.pro }] }])
  fake.subscribe(subscribed.customer, [{ price: price.team }])
  const session = fake.completeCheckout({ mode: 'payment', lines: once, reference: `sub_${guest}` })
  return { ...shop, bought, billed, later, subscribed, guest, session }
}

test('F46 S004-11 an account that was there before is brought in whole: subscriptions, schedules, checkouts, guests and bills', async () => {
  const shop = await openOldShop()
  const worker = shop.openWorker()
  const parts = partsOf(shop)
  await Array.fromAsync(reconcile(parts, shop.account, shop.now()))
  expect((await shop.marks()).map(({ object }) => object)).toEqual(
    [shop.later.customer, shop.subscribed.customer].sort(),
  )
  const progress = await Array.fromAsync(importPurchases(parts, shop.account, shop.now()))
  expect(progress.at(-1)).toEqual({ done: 3, total: 3 })
  await worker.settled()
  expect(await shop.plansOf(shop.bought.subject)).toEqual(['course'])
  expect(await shop.plansOf(shop.billed.subject)).toEqual(['course'])
  expect(await shop.plansOf(shop.guest)).toEqual(['course'])
  expect(await shop.plansOf(shop.subscribed.subject)).toEqual(['team'])
  expect(await shop.rights(shop.later.subject)).toMatchObject([{ plan: 'pro', begun: false }])

  // What is known is compared, and fetched no more.
  const before = fetched(shop)
  shop.clock.ahead += hourMs
  await Array.fromAsync(reconcile(parts, shop.account, shop.now()))
  await Array.fromAsync(importPurchases(parts, shop.account, shop.now()))
  expect(await shop.marks()).toEqual([])
  expect(fetched(shop)).toBe(before)
  // Nor gone through so soon.
  const lists = asked(shop, '/v1/invoices')
  expect(await Array.fromAsync(importPurchases(parts, shop.account, shop.now() - 7 * dayMs))).toEqual([])
  expect(asked(shop, '/v1/invoices')).toBe(lists)
})

test('F46 an import that is cut off goes on where it was, in each of its lists; a place that is gone is begun anew', async () => {
  const shop = await openWorkshop()
  const { fake, price } = shop
  const parts = partsOf(shop)
  const once = [{ price: price.course }]
  const customers = Array.from({ length: 130 }, () => fake.createCustomer())
  for (const customer of customers) fake.completeCheckout({ mode: 'payment', customer, lines: once })
  for (const customer of customers) fake.billPaid(customer, once)
  const cutOffAfter = async (pages: number) => {
    for await (const _progress of importPurchases(parts, shop.account, shop.now())) if (--pages === 0) return
  }
  const pagesOf = () => [asked(shop, '/v1/checkout/sessions'), asked(shop, '/v1/invoices')]
  await cutOffAfter(1)
  expect(await shop.marks()).toHaveLength(100)
  expect(pagesOf()).toEqual([1, 0])
  await cutOffAfter(2)
  expect(await shop.marks()).toHaveLength(130)
  expect(pagesOf()).toEqual([2, 1])
  const done = await Array.fromAsync(importPurchases(parts, shop.account, shop.now()))
  expect(done.at(-1)).toEqual({ done: 30, total: 30 })
  expect(pagesOf()).toEqual([2, 2])

  await shop.sql`update vouchsafe.stripe_progress set imported_at = null, importing_after = '0 checkouts cs_gone'`
  await expect(Array.fromAsync(importPurchases(parts, shop.account, shop.now()))).rejects.toMatchObject({
    kind: 'missing',
  })
  const anew = await Array.fromAsync(importPurchases(parts, shop.account, shop.now()))
  expect(anew.at(-1)).toEqual({ done: 260, total: 260 })
})

test('F46 pages of nothing but renewals keep the turn as any others do, and the place', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock } = shop
  const parts = partsOf(shop)
  for (let n = 0; n < 130; n++) fake.subscribe(fake.createCustomer(), [{ price: price.pro }])
  const others: unknown[] = []
  const slowly = (account: typeof shop.account): StripeApi => ({
    ...parts.api(account),
    async *purchases(...asked) {
      for await (const page of parts.api(account).purchases(...asked)) {
        yield page
        clock.ahead += 100_000
        others.push(await takeTurn(parts, account, 'import', shop.now()))
      }
    },
  })
  const told = await Array.fromAsync(importPurchases({ ...parts, api: slowly }, shop.account, shop.now()))
  expect(told).toEqual([{ done: 0, total: 0 }])
  expect(others).toEqual([undefined, undefined, undefined])
  expect(asked(shop, '/v1/invoices')).toBe(2)
})

test('F46 who asks for all of it does not go on where a pass was that goes back a hundred days', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock } = shop
  const parts = partsOf(shop)
  const { customer } = await shop.newCustomer()
  const bill = fake.bill(customer, [{ price: price.course }])
  await shop.openWorker().settled()
  clock.ahead += 101 * dayMs
  await Array.fromAsync(importPurchases(parts, shop.account, shop.now()))
  fake.payBill(bill)
  for (let n = 0; n < 2; n++) fake.billPaid(customer, [{ price: price.course }])
  await shop.openWorker().settled()
  clock.ahead += hourMs
  for await (const _progress of importPurchases(parts, shop.account, shop.now())) break
  const everything = Number.POSITIVE_INFINITY
  const whole = await Array.fromAsync(importPurchases(parts, shop.account, shop.now(), everything))
  expect(whole.at(-1)).toEqual({ done: 3, total: 3 })
})

test('F46 what is bought, billed, given back, disputed or planned is made up for within the hour, whatever was lost', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock } = shop
  const worker = shop.openWorker()
  const parts = partsOf(shop)
  const once = [{ price: price.course }]
  const people = await Promise.all(Array.from({ length: 6 }, () => shop.newCustomer()))
  const [buys, billed, refunds, disputes, plans, keeps] = people.map(({ customer }) => customer)
  const guest = await shop.newSubject()
  const paid = [refunds, disputes, keeps].map((customer) =>
    fake.completeCheckout({ mode: 'payment', customer: customer ?? '', lines: once }),
  )
  const session = fake.completeCheckout({ mode: 'payment', lines: once, reference: `sub_${guest}` })
  const starts = shop.now() + dayMs
  const schedule = fake.schedule(plans ?? '', [
    { starts, ends: starts + dayMs, lines: [{ price: price.pro }] },
  ])
  await shop.receive()
  await Array.fromAsync(reconcile(parts, shop.account, shop.now()))
  await worker.settled()
  const has = async () => [
    ...(await Promise.all(people.map(async ({ subject }) => (await shop.plansOf(subject)).join()))),
    (await shop.plansOf(guest)).join(),
  ]
  expect(await has()).toEqual(['', '', 'course', 'course', 'pro', 'course', 'course'])

  clock.ahead += hourMs
  const before = fetched(shop)
  fake.completeCheckout({ mode: 'payment', customer: buys ?? '', lines: once })
  fake.billPaid(billed ?? '', once)
  fake.refund(fake.chargeOf(paid[0] ?? ''))
  fake.dispute(fake.chargeOf(paid[1] ?? ''))
  fake.refund(fake.chargeOf(session))
  fake.cancelSchedule(schedule)
  clock.ahead += hourMs
  await Array.fromAsync(reconcile(parts, shop.account, shop.now()))
  await worker.settled()
  expect(await has()).toEqual(['course', 'course', '', '', '', 'course', ''])
  expect(fetched(shop) - before).toBe(5)
})

test('F46 later imports go back a hundred days; who asks for a sync has all of it compared', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock } = shop
  const worker = shop.openWorker()
  const parts = partsOf(shop)
  const { customer, subject } = await shop.newCustomer()
  const bill = fake.bill(customer, [{ price: price.course }])
  await worker.settled()
  clock.ahead += 101 * dayMs
  await Array.fromAsync(importPurchases(parts, shop.account, shop.now()))
  fake.payBill(bill)
  clock.ahead += hourMs
  await Array.fromAsync(importPurchases(parts, shop.account, shop.now()))
  expect(await shop.marks()).toEqual([])
  clock.ahead += hourMs
  for await (const { compared } of syncAll(
    { ...parts, wake: worker.wake },
    shop.account,
    AbortSignal.timeout(60_000),
  ))
    expect(compared).toBeLessThan(2)
  await worker.settled()
  expect(await shop.plansOf(subject)).toEqual(['course'])
})

test('F46 a bill of long ago that is paid, and nobody told us, is found by the next import', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock } = shop
  const worker = shop.openWorker()
  const parts = partsOf(shop)
  const { customer, subject } = await shop.newCustomer()
  const bill = fake.bill(customer, [{ price: price.course }])
  await Array.fromAsync(importPurchases(parts, shop.account, shop.now()))
  await Array.fromAsync(reconcile(parts, shop.account, shop.now()))
  await worker.settled()
  clock.ahead += 8 * dayMs
  await Array.fromAsync(reconcile(parts, shop.account, shop.now()))
  await worker.settled()
  fake.payBill(bill)
  clock.ahead += hourMs
  await Array.fromAsync(importPurchases(parts, shop.account, shop.now() - 7 * dayMs))
  await worker.settled()
  expect(await shop.plansOf(subject)).toEqual(['course'])
})

test('who was deleted at Stripe is not fetched every hour for what is listed still', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock } = shop
  const worker = shop.openWorker()
  const parts = partsOf(shop)
  const { customer } = await shop.newCustomer()
  fake.subscribe(customer, [{ price: price.pro }])
  fake.completeCheckout({ mode: 'payment', customer, lines: [{ price: price.course }] })
  fake.billPaid(customer, [{ price: price.course }])
  const starts = shop.now() + dayMs
  fake.schedule(customer, [{ starts, ends: starts + dayMs, lines: [{ price: price.pro }] }])
  fake.deleteCustomer(customer)
  await shop.receive()
  await worker.settled()
  for (let pass = 0; pass < 2; pass++) {
    clock.ahead += hourMs
    await Array.fromAsync(reconcile(parts, shop.account, shop.now()))
    await Array.fromAsync(importPurchases(parts, shop.account, shop.now()))
    expect(await shop.marks()).toEqual([])
  }
})

test('F46 verify compares the same that an import brings in, each customer once', async () => {
  const shop = await openOldShop()
  const { fake, price } = shop
  const parts = partsOf(shop)
  const stranger = fake.createCustomer()
  fake.subscribe(stranger, [{ price: price.pro }])
  fake.subscribe(stranger, [{ price: price.pro }])
  fake.completeCheckout({ mode: 'payment', customer: stranger, lines: [{ price: price.course }] })
  const other = fake.createCustomer()
  fake.billPaid(other, [{ price: price.course }])
  fake.createCustomer()
  const found = await Array.fromAsync(verify(parts, shop.account))
  const drift = Object.fromEntries(
    found.map((each) => [
      each.customer,
      'drift' in each && each.drift.bound && each.drift.changes.map(({ kind }) => kind),
    ]),
  )
  expect(drift).toEqual({
    [shop.bought.customer]: ['missing'],
    [shop.billed.customer]: ['missing'],
    [shop.later.customer]: ['missing'],
    [shop.subscribed.customer]: ['missing'],
    [stranger]: false,
    [shop.session]: false,
    [other]: false,
  })
  expect(found).toHaveLength(7)
})
