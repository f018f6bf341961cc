import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { goFirst } from '#test/process/go-first.ts'
import { ownPorts, start, stop, temporaryFolder } from '#test/process/vouchsafe.ts'
import { latencyAt, whileAsking } from '#test/process/while-asking.ts'
import type { Storm, Stormed } from './storm-sender.ts'
import { openWorkshop, webhookSecret } from './workshop.ts'

const customers = 1000
const events = 10_000
const steadyMs = 20_000

const nodes = [['a node that answers first, and one for Stripe'], ['one node for all']] as const

test.each(nodes)(
  'F41 S002-34 more than 10 000 events of 1 000 customers in 10 s, shuffled, each three times, at %s: all are applied, and nothing is lost or doubled',
  async (deployed) => {
    const shop = await openWorkshop()
    const { fake, price } = shop
    const people: { readonly customer: string; readonly subject: string }[] = []
    for (let n = 0; n < customers; n++) people.push(await shop.newCustomer())
    const data = join(temporaryFolder(), 'data')
    const node = (folder: string, settings = {}) =>
      start(['serve'], { env: { ...ownPorts(folder), ...shop.environment, ...settings }, ownSession: true })
    const isApart = deployed !== 'one node for all'
    const answering = node(data, isApart && { VOUCHSAFE_STRIPE_WORKER: 'off' })
    const { http } = await answering.up()
    const goesFirst = isApart && goFirst(answering.child.pid)
    const forStripe = isApart ? node(join(temporaryFolder(), 'data')) : answering
    const { http: door } = await forStripe.up()
    await expect.poll(shop.marks, { timeout: 120_000, interval: 500 }).toEqual([])
    const bodies = people.map(({ subject }) =>
      JSON.stringify({
        subject: { principal: { id: `sub_${subject}` } },
        tenant: shop.tenant,
        entitlement: 'export',
      }),
    )
    const asking = {
      http,
      key: readFileSync(join(data, 'operator.key'), 'utf8').trim(),
      bodies,
      perSecond: 200,
      goesFirst,
    }

    const wait = () => new Promise((done) => setTimeout(done, steadyMs))
    // The first answers of a process are slower than what a storm does to them.
    await whileAsking(asking, wait)
    const steady = await whileAsking(asking, wait)
    for (const [index, { customer }] of people.entries()) {
      const subscription = fake.subscribe(customer, [{ price: price.pro }])
      fake.failPayment(subscription)
      fake.pay(subscription)
      fake.updateItems(subscription, [{ price: price.team, quantity: 2 }])
      if (index % 4 === 0) fake.cancel(subscription)
    }
    const all = fake.undelivered()
    expect(all.length).toBeGreaterThanOrEqual(events)
    const payloads = all.map((event) => JSON.stringify(event))
    const path = '/webhooks/stripe/shop'
    const startedAt = performance.now()
    const stormy = await whileAsking(asking, async () => {
      const sent = await storm({
        http: door,
        path,
        secret: webhookSecret,
        payloads,
        times: 3,
        withinMs: 10_000,
      })
      await expect.poll(shop.marks, { timeout: 300_000, interval: 250 }).toEqual([])
      return sent
    })
    const appliedMs = performance.now() - startedAt
    const { answers, latencies } = stormy.result
    // Some the server had swept itself before: each is kept once all the same.
    const { '200 new': fresh = 0, '200 duplicate_event': repeated = 0, ...others } = answers
    expect(others).toEqual({})
    expect(fresh + repeated).toBe(3 * all.length)
    expect(await shop.events()).toHaveLength(all.length)
    expect([steady.failed, stormy.failed]).toEqual([0, 0])
    expect((await shop.events()).filter(({ status }) => status === 'received')).toEqual([])
    for (const [index, { subject }] of people.entries())
      expect(await shop.plansOf(subject)).toEqual(index % 4 === 0 ? [] : ['team'])
    console.log(
      `${deployed}${isApart && !goesFirst ? ' (which this machine does not permit)' : ''}: ${all.length} events: 2xx p50 ${at(latencies, 0.5)}, p99 ${at(latencies, 0.99)}; all applied after ${Math.round(appliedMs)} ms;`,
      `Check p50 ${at(steady.latencies, 0.5)} → ${at(stormy.latencies, 0.5)},`,
      `p99 ${at(steady.latencies, 0.99)} → ${at(stormy.latencies, 0.99)}; ${fake.requests.length} requests of Stripe's API`,
    )
    await stop(answering)
    if (forStripe !== answering) await stop(forStripe)
  },
  900_000,
)

const at = (ascending: readonly number[], share: number) => `${latencyAt(ascending, share)} ms`

async function storm(data: Storm): Promise<Stormed> {
  const sender = new Worker(new URL('./storm-sender.ts', import.meta.url), { workerData: data })
  const [said] = (await once(sender, 'message')) as [Stormed]
  return said
}
