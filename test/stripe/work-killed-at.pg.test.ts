import { expect, test } from 'vitest'
import { leaseMs } from '#stripe/lease.ts'
import { createWorker, type Worker } from '#stripe/work.ts'
import { killedAt } from './kill-points.ts'
import { openWorkshop, type Workshop } from './workshop.ts'

const silent = () => undefined

/** An organization with a plan that changes, a number that follows the seats, and a dispute of what it bought. */
async function news(shop: Workshop, worker: Worker, pool: string) {
  const { fake, price } = shop
  const { customer, organization, price: seats } = await shop.seatPool(pool)
  const subscription = fake.subscribe(customer, [{ price: price.pro }])
  const session = fake.completeCheckout({ mode: 'payment', customer, lines: [{ price: price.course }] })
  await shop.receive()
  await worker.settled()
  expect(await shop.plansOf(organization)).toEqual(['pro', 'course'])
  fake.updateItems(subscription, [{ price: price.team }])
  const item = fake.addItem(subscription, { price: seats, quantity: 4 })
  fake.dispute(fake.chargeOf(session))
  await shop.receive()
  return { organization, item }
}

test('F43 S001-47 killed before or after any statement, commit or question to Stripe: all is applied, and once', async () => {
  const shop = await openWorkshop()
  const other = shop.openWorker()
  let points = Number.POSITIVE_INFINITY
  for (let at = 1; at <= points; at++) {
    const { organization, item } = await news(shop, other, `pool-${at}`)
    const { wrapSql, wrapApi, passed, killed } = killedAt(at)
    const api = shop.openApi()
    const pool = shop.openPool(3)
    const worker = createWorker({
      sql: wrapSql(pool),
      api: (account) => wrapApi(api(account)),
      accounts: () => [shop.account],
      now: shop.now,
      random: () => 0.5,
      log: { info: silent, warn: silent, error: silent },
      pollMs: 600_000,
      graceMs: 0,
    })
    const where = await Promise.race([killed, worker.settled().then(() => undefined)])
    if (where === undefined) points = passed.length
    // What is left of it in this process does not look again.
    void worker.close()
    await pool.end({ timeout: 0 })

    shop.clock.ahead += leaseMs + 1000
    const text = `killed at ${at}: ${where}`
    // The database may need a moment to notice, and what is locked until then is passed over.
    const left = async () => {
      await other.settled()
      return shop.marks()
    }
    await expect.poll(left, { timeout: 20_000, message: text }).toEqual([])
    expect(await shop.plansOf(organization), text).toEqual(['team', 'team'])
    expect(shop.fake.thing('subscription_item', item).quantity, text).toBe(1)
    const [given] = await shop.sql`
      select count(*)::integer as rows, count(distinct source_ref)::integer as refs from vouchsafe.grants
      where organization_id = ${organization}`
    expect(given, text).toEqual({ rows: 4, refs: 4 })
    const waiting = (await shop.events()).filter(({ status }) => status === 'received')
    expect(waiting, text).toEqual([])
  }
  expect(points).toBeGreaterThan(40)
}, 120_000)
