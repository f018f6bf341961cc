import { expect, test } from 'vitest'
import type { Connection } from '#stripe/api/connection.ts'
import { listAll, pages } from '#stripe/api/pages.ts'
import { undeliveredEvents } from '#stripe/api/read-events.ts'
import { heldBytes } from '#test/stripe/heap.ts'

const ask = <T>(_operation: string, send: () => Promise<T>) => send()

/** Pages of one thing each; where `round` is given it comes to the first again after so many. */
function listOf(count: number, round = Number.POSITIVE_INFINITY) {
  let at = 0
  return async () => {
    const id = `sub_${at++ % round}_${'x'.repeat(1000)}`
    return { object: 'list', data: [{ id }], has_more: at < count }
  }
}

test('a list of more pages than can be held is read to its end', async () => {
  const many = 20_000
  let count = 0
  let held = 0
  const before = heldBytes()
  for await (const page of pages(ask, 'subscriptions.list', listOf(many))) {
    count += page.length
    if (count % 5000 === 0) held = Math.max(held, heldBytes() - before)
  }
  expect(count).toBe(many)
  expect(held / 2 ** 20).toBeLessThan(6)
})

test.each([2, 3, 100, 4097])('a list that goes round after %i pages is told, and ends', async (round) => {
  const reading = async (read: typeof listAll) => read(ask, 'subscriptions.list', listOf(40_000, round))
  await expect(reading(listAll)).rejects.toThrow('the list changed while it was read')
  const endless = async () => {
    for await (const _page of pages(ask, 'subscriptions.list', listOf(40_000, round)));
  }
  await expect(endless()).rejects.toThrow('the list changed while it was read')
})

test('F46 after a long outage the events that were not delivered are given as they are read', async () => {
  const many = 20_000
  let at = 0
  const list = async () => {
    const data = Array.from({ length: 100 }, () => {
      const id = `evt_${++at}_${'x'.repeat(240)}`
      const object = { id: `sub_${at}_${'x'.repeat(240)}`, customer: `cus_${at}_${'x'.repeat(240)}` }
      const about = { type: 'customer.subscription.updated', created: at, livemode: false, data: { object } }
      return { id, object: 'event', ...about }
    })
    return { object: 'list', data, has_more: at < many }
  }
  const connection = { gate: ask, stripe: { events: { list } } } as unknown as Connection
  let count = 0
  let held = 0
  const before = heldBytes()
  for await (const _event of undeliveredEvents(connection, 0))
    if (++count % 5000 === 0) held = Math.max(held, heldBytes() - before)
  expect(count).toBe(many)
  expect(held / 2 ** 20).toBeLessThan(4)
})
