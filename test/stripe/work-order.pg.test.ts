import { expect, test } from 'vitest'
import type { StripeEvent } from './fake/store.ts'
import { openWorkshop } from './workshop.ts'

function orders<T>(of: readonly T[]): readonly (readonly T[])[] {
  if (of.length < 2) return [of]
  return of.flatMap((first, at) => orders(of.toSpliced(at, 1)).map((rest) => [first, ...rest]))
}

test('F42 S002-41 all orders of five events of a life, each sent twice, end with what Stripe says', async () => {
  const shop = await openWorkshop()
  const { fake, price } = shop
  const worker = shop.openWorker()
  const all = orders([0, 1, 2, 3, 4])
  expect(all).toHaveLength(120)
  const lives = await Promise.all(
    all.map(async (order) => ({
      ...(await shop.newCustomer()),
      order,
      events: [] as StripeEvent[],
      sent: 0,
    })),
  )
  const subscriptions = lives.map(() => '')
  const acts = [
    (customer: string) => fake.subscribe(customer, [{ price: price.pro }]),
    (_customer: string, subscription: string) => fake.failPayment(subscription),
    (_customer: string, subscription: string) => fake.pay(subscription),
    (_customer: string, subscription: string) => fake.updateItems(subscription, [{ price: price.team }]),
    (_customer: string, subscription: string) => fake.cancelAtPeriodEnd(subscription),
  ]
  for (const { id } of fake.undelivered()) fake.markDelivered(id)
  for (const act of acts) {
    const arriving: StripeEvent[] = []
    for (const [index, life] of lives.entries()) {
      subscriptions[index] = act(life.customer, subscriptions[index] ?? '') ?? subscriptions[index] ?? ''
      const about = fake.undelivered().filter(({ type }) => type.startsWith('customer.subscription.'))
      life.events.push(...about)
      for (const { id } of fake.undelivered()) fake.markDelivered(id)
      // What has happened by now arrives as far as the order allows it.
      for (; life.sent < life.order.length; life.sent++) {
        const next = life.events[life.order[life.sent] ?? 0]
        if (!next) break
        arriving.push(next, next)
      }
    }
    await shop.receive(arriving)
    worker.wake()
  }
  expect(lives.every(({ events, sent }) => events.length === 5 && sent === 5)).toBe(true)
  await worker.settled()

  const ended = lives.map(async ({ subject }) => shop.rights(subject))
  for (const rights of await Promise.all(ended))
    expect(rights).toMatchObject([{ plan: 'team', source: 'stripe', ended: false, past_due: false }])
  expect(await shop.rights()).toHaveLength(120)
  expect((await shop.events()).filter(({ status }) => status === 'received')).toEqual([])
  expect(await shop.marks()).toEqual([])
})

test('F42 of two that happened in the same second, the order is not asked: what is true is fetched', async () => {
  const shop = await openWorkshop()
  const { fake, price } = shop
  const worker = shop.openWorker()
  const { customer, subject } = await shop.newCustomer()
  const subscription = fake.subscribe(customer, [{ price: price.pro }])
  fake.cancel(subscription)
  const [created, deleted] = fake
    .undelivered()
    .filter(({ type }) => type.startsWith('customer.subscription.'))
  if (!created || !deleted) throw new Error('The fake sent no events.')
  expect(created.created).toBe(deleted.created)
  for (const event of [deleted, created]) {
    await shop.receive([event])
    await worker.settled()
    expect(await shop.plansOf(subject)).toEqual([])
  }
})
