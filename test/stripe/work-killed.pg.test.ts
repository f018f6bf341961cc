import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openPool } from '#postgres/pool.ts'
import { leaseMs } from '#stripe/lease.ts'
import { type Addresses, ownPorts, start, stop, temporaryFolder } from '#test/process/vouchsafe.ts'
import { openWorkshop, type Workshop, webhookSecret } from './workshop.ts'

const patience = 120_000

function serve(shop: Workshop, env: Readonly<Record<string, string>> = {}) {
  return start(['serve'], {
    env: { ...ownPorts(join(temporaryFolder(), 'data')), ...shop.environment, ...env },
  })
}

const hook = ({ http }: Addresses) => `http://${http}/webhooks/stripe/shop`

/** Until the test lets go, nobody applies anything of the customer. */
async function holdCustomer(shop: Workshop, customer: string): Promise<() => Promise<void>> {
  const sql = openPool({ url: shop.database.url, max: 1 })
  const key = JSON.stringify(['stripe', shop.account.id, customer])
  const held = Promise.withResolvers<void>()
  const letGo = Promise.withResolvers<void>()
  const holding = sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`
    held.resolve()
    await letGo.promise
  })
  onTestFinished(async () => {
    letGo.resolve()
    await holding.catch(() => undefined)
    await sql.end({ timeout: 1 })
  })
  await held.promise
  return async () => {
    letGo.resolve()
    await holding
  }
}

/** As if so much time had gone by: nobody who was killed keeps a customer for longer than a lease. */
async function passLease({ sql }: Workshop): Promise<void> {
  await sql`update vouchsafe.stripe_marks set lease_until = lease_until - ${`${leaseMs} ms`}::interval`
}

test(
  'F43 S001-47 killed at any point between receipt and effect: all is applied, and once',
  async () => {
    const shop = await openWorkshop()
    const { fake, price, sql } = shop
    const team = await shop.seatPool('team')
    const people = {
      fetched: await shop.newCustomer(),
      applied: await shop.newCustomer(),
      received: await shop.newCustomer(),
      quiet: await shop.newCustomer(),
    }
    const first = serve(shop)
    const addresses = await first.up()
    await expect.poll(shop.marks, { timeout: 20_000 }).toEqual([])

    // While Stripe hangs, while the rights cannot be written, and while the number of seats is written back.
    const letGo = await holdCustomer(shop, people.applied.customer)
    fake.subscribe(people.applied.customer, [{ price: price.pro }])
    expect(await fake.deliver(hook(addresses), webhookSecret)).toBeGreaterThan(0)
    await expect.poll(() => waitingFor(shop), { timeout: 20_000 }).toBeGreaterThan(0)
    const seats = fake.subscribe(team.customer, [{ price: team.price, quantity: 7 }])
    fake.failOnce('/v1/subscription_items/', 'hang')
    await fake.deliver(hook(addresses), webhookSecret)
    await expect
      .poll(() => fake.requests.some(({ method }) => method === 'POST'), { timeout: 20_000 })
      .toBe(true)
    fake.failOnce(`/v1/customers/${people.fetched.customer}`, 'hang')
    fake.subscribe(people.fetched.customer, [{ price: price.pro }])
    await fake.deliver(hook(addresses), webhookSecret)
    await expect.poll(async () => (await leased(shop)).length, { timeout: 20_000 }).toBe(3)
    // And right after the answer to Stripe.
    fake.subscribe(people.received.customer, [{ price: price.pro }])
    await fake.deliver(hook(addresses), webhookSecret)
    first.child.kill('SIGKILL')
    await first.end
    await letGo()
    expect(await shop.rights(people.fetched.subject)).toEqual([])
    expect(await shop.rights(people.applied.subject)).toEqual([])
    expect((await shop.marks()).map(({ object }) => object)).toEqual(
      expect.arrayContaining([people.fetched.customer, people.applied.customer, team.customer]),
    )
    expect(fake.thing('subscription_item', fake.itemsOf(seats)[0] ?? '').quantity).toBe(7)

    const second = serve(shop)
    await second.up()
    // What was in hand nobody else takes until its lease runs out.
    const inHand = [people.fetched, people.applied, team].map(({ customer }) => customer)
    expect((await leased(shop)).map(({ object }) => object)).toEqual(expect.arrayContaining(inHand))
    expect(await shop.rights(people.fetched.subject)).toEqual([])
    await passLease(shop)
    await expect.poll(shop.marks, { timeout: 20_000 }).toEqual([])
    for (const { subject } of [people.fetched, people.applied, people.received])
      expect(await shop.plansOf(subject)).toEqual(['pro'])
    expect(await shop.rights(people.quiet.subject)).toEqual([])
    expect(fake.thing('subscription_item', fake.itemsOf(seats)[0] ?? '').quantity).toBe(1)
    const granted = await sql<{ count: number }[]>`
      select count(*)::integer as count from vouchsafe.grants where source = 'stripe' group by source_ref`
    expect(granted).toEqual([{ count: 1 }, { count: 1 }, { count: 1 }, { count: 1 }])
    expect((await shop.events()).filter(({ status }) => status === 'received')).toEqual([])
    await stop(second)
  },
  patience,
)

test(
  'F44 killed again and again under load: no event that was answered is lost, no right is doubled',
  async () => {
    const shop = await openWorkshop()
    const { fake, price } = shop
    const people = []
    for (let n = 0; n < 12; n++) people.push(await shop.newCustomer())
    const subscriptions = people.map(({ customer }) => fake.subscribe(customer, [{ price: price.pro }]))
    for (let kill = 0; kill < 2; kill++) {
      const server = serve(shop)
      const addresses = await server.up()
      const killed = (async () => {
        await new Promise((resolve) => setTimeout(resolve, 40 + 150 * kill))
        server.child.kill('SIGKILL')
      })()
      for (const [index, subscription] of subscriptions.entries())
        fake.updateItems(subscription, [
          { price: (index + kill) % 2 ? price.pro : price.team, quantity: kill + 2 },
        ])
      await fake.deliver(hook(addresses), webhookSecret).catch(() => 0)
      await killed
      await server.end
      await passLease(shop)
    }
    const server = serve(shop)
    const addresses = await server.up()
    await fake.deliver(hook(addresses), webhookSecret)
    await expect.poll(shop.marks, { timeout: 30_000 }).toEqual([])
    for (const [index, { subject }] of people.entries())
      expect(await shop.plansOf(subject)).toEqual([(index + 1) % 2 ? 'pro' : 'team'])
    expect(await shop.rights()).toHaveLength(people.length)
    expect((await shop.events()).filter(({ status }) => status === 'received')).toEqual([])
    await stop(server)
  },
  patience,
)

async function leased(shop: Workshop) {
  return (await shop.marks()).filter(({ lease_until }) => lease_until !== null)
}

async function waitingFor({ sql }: Workshop): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::integer as count from pg_locks where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())`
  return row?.count ?? 0
}
