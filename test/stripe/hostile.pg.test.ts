import { expect, test } from 'vitest'
import type { FakeStripe } from './fake/start-fake-stripe.ts'
import { openWorkshop } from './workshop.ts'

type Act = (fake: FakeStripe, customer: string, subscription: string) => void

const buys =
  (reference: string): Act =>
  (fake, customer) => {
    const lines = [{ price: fake.createPrice({ once: true }) }]
    fake.completeCheckout({ mode: 'payment', customer, lines, reference })
  }
const bends =
  (kind: string, fields: object): Act =>
  (fake, customer, subscription) => {
    const id = kind === 'subscription' ? subscription : (fake.itemsOf(subscription)[0] ?? '')
    Object.assign(fake.thing(kind, id), fields)
    fake.updateCustomer(customer, { seen: 'odd' })
  }

// Whoever pays writes some of what Stripe tells us: none of it may keep a right that is not paid for any more.
test.each<[string, Act]>([
  ['a reference that no database can hold', buys('a\u0000b')],
  ['a reference that is no text', buys('a\ud800b')],
  ['a reference of 3000 letters', buys('x'.repeat(3000))],
  ['an end in the year 300 000', bends('subscription', { cancel_at: 1e13 })],
  ['a trial until then', bends('subscription', { trial_start: 1, trial_end: 1e13 })],
  ['a start before the computer', bends('subscription', { start_date: 1 })],
  ['a number of nine digits', bends('subscription_item', { quantity: 999_999_999 })],
])('S001-32 F44 after %s a cancellation still counts', async (_, act) => {
  const shop = await openWorkshop()
  const { fake, plansOf } = shop
  const { customer, subject } = await shop.newCustomer()
  const worker = shop.openWorker()
  const settle = async () => {
    await shop.receive()
    worker.wake()
    await worker.settled()
  }
  const subscription = fake.subscribe(customer, [{ price: shop.price.pro }])
  await settle()
  act(fake, customer, subscription)
  await settle()
  expect(await plansOf(subject)).toEqual(['pro'])
  fake.cancel(subscription)
  await settle()
  expect(await plansOf(subject)).toEqual([])
  expect(await shop.marks()).toEqual([])
})

test('S001-44 what is bought no time, or ends before it is seen, gives nothing; a start before it was made changes nothing', async () => {
  const shop = await openWorkshop()
  const { fake, plansOf } = shop
  const { customer, subject } = await shop.newCustomer()
  const worker = shop.openWorker()
  const settle = async () => {
    await shop.receive()
    worker.wake()
    await worker.settled()
    return plansOf(subject)
  }
  const subscription = fake.subscribe(customer, [{ price: shop.price.pro }])
  fake.thing('subscription', subscription).start_date = 1_000_000_000
  expect(await settle()).toEqual(['pro'])
  const [item = ''] = fake.itemsOf(subscription)
  fake.setQuantity(item, 0)
  expect(await settle()).toEqual([])
  fake.setQuantity(item, 1)
  expect(await settle()).toEqual(['pro'])
  fake.cancelAt(subscription, Date.now() - 86_400_000)
  expect(await settle()).toEqual([])
  fake.keepAfterAll(subscription)
  expect(await settle()).toEqual(['pro'])
})

test('a schedule that is released in its middle takes what was to come, and nothing of what runs', async () => {
  const shop = await openWorkshop()
  const { fake, price } = shop
  const { customer, subject } = await shop.newCustomer()
  const worker = shop.openWorker()
  const settle = async () => {
    await shop.receive()
    worker.wake()
    await worker.settled()
    const rows = await shop.rights(subject)
    return rows.map(({ plan, begun, ended }) => `${plan}${begun ? '' : ', later'}${ended ? ', over' : ''}`)
  }
  const subscription = fake.subscribe(customer, [{ price: price.pro }])
  const month = 30 * 86_400_000
  const phase = (n: number, of: string) => {
    const starts = Date.now() + n * month
    return { starts, ends: starts + month, lines: [{ price: of }] }
  }
  const phases = [phase(0, price.pro), phase(1, price.team)]
  const schedule = fake.schedule(customer, phases, subscription)
  expect(await settle()).toEqual(['pro', 'team, later'])
  fake.releaseSchedule(schedule)
  expect(await settle()).toEqual(['pro'])
  // It comes to be what was planned, by itself, and is released then.
  const again = fake.schedule(customer, phases, subscription)
  expect(await settle()).toEqual(['pro', 'team, later'])
  shop.clock.ahead += month + 1000
  fake.updateItems(subscription, [{ price: price.team }])
  const kept = fake.thing('subscription_schedule', again)
  kept.current_phase = {
    start_date: Math.floor((phases[1]?.starts ?? 0) / 1000),
    end_date: Math.floor((phases[1]?.ends ?? 0) / 1000),
  }
  expect(await settle()).toEqual(['team'])
  fake.releaseSchedule(again)
  expect(await settle()).toEqual(['team'])
})
