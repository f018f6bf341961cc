import { join } from 'node:path'
import { expect, test } from 'vitest'
import { metric, ownPorts, start, stop, temporaryFolder } from '#test/process/vouchsafe.ts'
import type { StripeEvent } from './fake/store.ts'
import { openWorkshop, webhookSecret } from './workshop.ts'

/** Always the same order for the same seed. */
function shuffled<T>(items: readonly T[], seed = 7): T[] {
  let state = seed
  const next = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
  return items
    .map((item) => ({ item, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

test('F41 S002-34 a storm of shuffled events, each three times, at a real process: all are taken, nothing is lost or doubled', async () => {
  const shop = await openWorkshop()
  const { fake, price } = shop
  const people = []
  for (let n = 0; n < 40; n++) people.push(await shop.newCustomer())
  const server = start(['serve'], {
    env: { ...ownPorts(join(temporaryFolder(), 'data')), ...shop.environment },
  })
  const addresses = await server.up()
  const send = async (event: StripeEvent) => {
    const signed = fake.sign(event, webhookSecret)
    const reply = await fetch(`http://${addresses.http}/webhooks/stripe/shop`, { method: 'POST', ...signed })
    const body = (await reply.json()) as { processed?: boolean; reason?: string }
    return { status: reply.status, fresh: body.processed === true }
  }
  for (const [index, { customer }] of people.entries()) {
    const subscription = fake.subscribe(customer, [{ price: price.pro }])
    fake.failPayment(subscription)
    fake.pay(subscription)
    fake.updateItems(subscription, [{ price: price.team, quantity: 2 }])
    if (index % 4 === 0) fake.cancel(subscription)
  }
  const events = fake.undelivered()
  expect(events.length).toBeGreaterThan(400)
  // What the server sweeps up by itself would not be new when it is delivered.
  for (const { id } of events) fake.markDelivered(id)
  const replies = await Promise.all(shuffled(events.flatMap((event) => [event, event, event])).map(send))
  expect(replies.every(({ status }) => status === 200)).toBe(true)
  expect(replies.filter(({ fresh }) => fresh)).toHaveLength(events.length)
  await expect.poll(shop.marks, { timeout: 40_000 }).toEqual([])

  for (const [index, { subject }] of people.entries())
    expect(await shop.plansOf(subject)).toEqual(index % 4 === 0 ? [] : ['team'])
  expect((await shop.events()).filter(({ status }) => status === 'received')).toEqual([])
  const settled = (await shop.events()).filter(({ status }) => status === 'processed').length
  await expect.poll(() => metric(addresses, 'vouchsafe_stripe_applied_seconds_count')).toBe(settled)
  expect(await metric(addresses, 'vouchsafe_stripe_syncs_total{outcome="applied"}')).toBeGreaterThanOrEqual(
    30,
  )
  expect(await metric(addresses, 'vouchsafe_stripe_syncs_total{outcome="failed"}')).toBe(0)
  await stop(server)
}, 120_000)
