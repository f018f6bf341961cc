import { expect, test } from 'vitest'
import { openWorkshop } from './workshop.ts'

test('S001-6 S001-30 S002-9 what Stripe says is applied by one change that names its event, and the event is settled with it', async () => {
  const shop = await openWorkshop()
  const { customer, subject } = await shop.newCustomer()
  const worker = shop.openWorker()
  await worker.settled()
  shop.fake.subscribe(customer, [{ price: shop.price.pro }])
  await shop.receive()
  worker.wake()
  await worker.settled()

  expect(await shop.plansOf(subject)).toEqual(['pro'])
  expect(await shop.marks()).toEqual([])
  const changes = await shop.changes()
  expect(changes).toHaveLength(1)
  expect(changes[0]).toMatchObject({ actor: 'stripe', action: 'StripeCustomerSynced' })
  const settled = (await shop.events()).filter(({ marks }) => marks === customer)
  expect(settled.length).toBeGreaterThan(1)
  expect(settled.map(({ status }) => status)).toEqual(settled.map(() => 'processed'))
  const named = settled.find(({ event_id }) => event_id === changes[0]?.cause)
  expect(named?.revision).toBe(changes[0]?.revision)

  // The same once more changes nothing.
  shop.fake.updateCustomer(customer, { note: 'x' })
  await shop.receive()
  worker.wake()
  await worker.settled()
  expect(await shop.changes()).toHaveLength(1)
  expect((await shop.events()).at(-1)).toMatchObject({ status: 'processed', revision: null })
})
