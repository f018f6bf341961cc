import { expect, test } from 'vitest'
import { bindCustomer } from '#stripe/bind.ts'
import { pruneEvents } from '#stripe/prune-events.ts'
import { reconcile } from '#stripe/reconcile.ts'
import { openWorkshop, type Workshop } from './workshop.ts'

const dayMs = 86_400_000

const left = async (shop: Workshop) =>
  new Set((await shop.events()).map(({ marks, status }) => `${marks} ${status}`))
const prune = (shop: Workshop, keptMs?: number) =>
  Array.fromAsync(pruneEvents(shop.sql, shop.tenant, shop.now(), keptMs))

test('C-10 events of a customer that nobody binds are forgotten after the days that are set; binding it later still gives what was bought', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock } = shop
  const worker = shop.openWorker()
  const stranger = fake.createCustomer()
  const { customer: failing } = await shop.newCustomer()
  const { customer: settled } = await shop.newCustomer()
  await shop.receive()
  await worker.settled()
  for (const customer of [stranger, settled]) fake.subscribe(customer, [{ price: price.pro }])
  await shop.receive()
  await worker.settled()
  // Waits for its turn, which is no reason to forget it.
  fake.failOnce(`/v1/customers/${failing}`, 500)
  fake.subscribe(failing, [{ price: price.pro }])
  await shop.receive()
  await worker.settled()
  const all = new Set([`${stranger} received`, `${failing} received`, `${settled} processed`, 'null ignored'])
  expect(await left(shop)).toEqual(all)

  clock.ahead += 40 * dayMs
  await prune(shop)
  expect(await left(shop), 'kept for 60 days as a rule').toEqual(all)
  await prune(shop, 35 * dayMs)
  expect(await left(shop)).toEqual(new Set([`${failing} received`]))
  expect(await shop.marks()).toMatchObject([
    { object: stranger, state: 'unbound' },
    { object: failing, state: 'waiting' },
  ])

  const subject = await shop.newSubject()
  const { tenant, now } = shop
  await shop.write((tx) =>
    bindCustomer(
      tx,
      { tenant, actor: 'caller_1', now: now() },
      { account: 'shop', customer: stranger, holder: { subject: `sub_${subject}` } },
    ),
  )
  expect(await shop.plansOf(subject)).toEqual(['pro'])
})

test('the hourly pass forgets after the days that are set, and keeps what is younger', async () => {
  const shop = await openWorkshop()
  const worker = shop.openWorker()
  shop.fake.subscribe(shop.fake.createCustomer(), [{ price: shop.price.pro }])
  await shop.receive()
  await worker.settled()
  const parts = {
    sql: shop.sql,
    api: shop.openApi(),
    now: shop.now,
    wake: () => undefined,
    keptMs: 31 * dayMs,
  }
  shop.clock.ahead += 30 * dayMs
  await Array.fromAsync(reconcile(parts, shop.account, shop.now()))
  expect((await shop.events()).length).toBeGreaterThan(0)
  shop.clock.ahead += 2 * dayMs
  await Array.fromAsync(reconcile(parts, shop.account, shop.now()))
  expect(await shop.events()).toEqual([])
})
