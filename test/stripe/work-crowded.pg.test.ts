import { expect, test } from 'vitest'
import { openWorkshop } from './workshop.ts'

test('F41 while events queue up, customers are fetched one after the other, and all of them in the end', async () => {
  const shop = await openWorkshop()
  const { fake, price } = shop
  const people = await Promise.all(Array.from({ length: 6 }, () => shop.newCustomer()))
  for (const { customer } of people) fake.subscribe(customer, [{ price: price.pro }])
  await shop.receive()
  // So that a second one would begin before the first is done.
  fake.latency(15)
  const crowd = { is: true }
  const worker = shop.openWorker({ crowded: () => crowd.is })

  await worker.settled()
  expect(turns()).toBe(people.length)
  for (const { subject } of people) expect(await shop.plansOf(subject)).toEqual(['pro'])

  crowd.is = false
  for (const { customer } of people) fake.subscribe(customer, [{ price: price.team }])
  await shop.receive()
  fake.requests.length = 0
  await worker.settled()
  expect(turns()).toBeGreaterThan(people.length)
  expect(await shop.marks()).toEqual([])

  /** How often it went on to another customer. */
  function turns(): number {
    const asked = fake.requests.flatMap(({ path, query }) => /cus_\w+/.exec(`${path}${query}`)?.[0] ?? [])
    return asked.filter((customer, at) => customer !== asked[at - 1]).length
  }
})
