import { join } from 'node:path'
import { expect, test } from 'vitest'
import { eraseSubject } from '#admin/erase-subject.ts'
import { allCustomers } from '#stripe/all-customers.ts'
import type { StripeApi } from '#stripe/api/create-api.ts'
import { bindCustomer } from '#stripe/bind.ts'
import { driftOf } from '#stripe/drift.ts'
import { findHolderCustomer, holderCustomer } from '#stripe/holder-customer.ts'
import { createInbox } from '#stripe/inbox.ts'
import { longNotFetched } from '#stripe/long-not-fetched.ts'
import { readBacklog } from '#stripe/read-backlog.ts'
import { reconcile } from '#stripe/reconcile.ts'
import { sweep } from '#stripe/sweep.ts'
import { syncAll } from '#stripe/sync-all.ts'
import { syncNow } from '#stripe/sync-now.ts'
import { takeTurn } from '#stripe/turn.ts'
import { metric, ownPorts, start, stop, temporaryFolder } from '#test/process/vouchsafe.ts'
import { openWorkshop } from './workshop.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

test('an account that is switched off is not counted among those who wait', async () => {
  const shop = await openWorkshop()
  const { sql, now, fake } = shop
  const { customer } = await shop.newCustomer()
  fake.subscribe(customer, [{ price: fake.createPrice() }])
  await shop.openWorker().settled()
  await shop.write(
    (tx) => tx`select vouchsafe.mark_stripe(${shop.account.id}, 'cus_w', ${new Date(now() - hourMs)})`,
  )
  expect(await readBacklog(sql, now())).toMatchObject({
    marks: { waiting: 1 },
    alerts: { PRICE_UNMAPPED: 1 },
  })
  await shop.write(
    (tx) => tx`update vouchsafe.stripe_accounts set active = false where id = ${shop.account.id}`,
  )
  expect(await readBacklog(sql, now())).toEqual({
    marks: {},
    oldestSeconds: 0,
    alerts: {},
    accounts: [],
    remaps: 0,
  })
})

test('customers that cannot be fetched do not take the turn of those who were not fetched for long', async () => {
  const shop = await openWorkshop()
  const worker = shop.openWorker()
  for (let n = 0; n < 101; n++) await shop.newCustomer()
  const last = await shop.newCustomer()
  await worker.settled()
  await shop.sql`update vouchsafe.stripe_states set fetched_at = ${new Date(shop.now() - 3 * dayMs)} where customer <> ${last.customer}`
  await shop.sql`update vouchsafe.stripe_states set fetched_at = ${new Date(shop.now() - 2 * dayMs)} where customer = ${last.customer}`
  await shop.sql`
    insert into vouchsafe.stripe_marks (tenant_id, account_id, object, since, due_at, state)
    select tenant_id, account_id, customer, now(), now(), 'dead' from vouchsafe.stripe_states where customer <> ${last.customer}`
  expect(await longNotFetched(shop.sql, shop.account, shop.now())).toEqual([last.customer])
})

test('who asks for all to be compared waits for whoever is at it already', async () => {
  const shop = await openWorkshop()
  const { sql, now, fake, price } = shop
  const worker = shop.openWorker()
  const { customer, subject } = await shop.newCustomer()
  await worker.settled()
  fake.subscribe(customer, [{ price: price.pro }])
  const needs = { sql, now, api: shop.openApi(), wake: worker.wake }
  const turn = await takeTurn(needs, shop.account, 'reconcile', now())
  const all = Array.fromAsync(syncAll(needs, shop.account, new AbortController().signal))
  await new Promise((resolve) => setTimeout(resolve, 600))
  await turn?.release()
  expect((await all).at(-1)).toMatchObject({ compared: 1, waiting: 0 })
  expect(await shop.plansOf(subject)).toEqual(['pro'])
})

test('a lease or a try that lies further ahead than any can is over: the clock was set back', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock } = shop
  const { customer, subject } = await shop.newCustomer()
  fake.subscribe(customer, [{ price: price.pro }])
  clock.ahead = 2 * dayMs
  await shop.sql`update vouchsafe.stripe_marks set lease_token = gen_random_uuid(), lease_until = ${new Date(shop.now() + 30_000)}, due_at = ${new Date(shop.now())}`
  const turns = { sql: shop.sql, now: shop.now }
  await (await takeTurn(turns, shop.account, 'sweep', shop.now()))?.done(shop.now())
  await takeTurn(turns, shop.account, 'reconcile', shop.now())
  clock.ahead = 0
  const inbox = createInbox({ sql: shop.sql, wake: () => undefined })
  const swept = sweep({ ...turns, api: shop.openApi(), inbox }, shop.account, shop.now() - hourMs)
  expect(await Array.fromAsync(swept)).not.toEqual([])
  await shop.openWorker().settled()
  expect(await shop.plansOf(subject)).toEqual(['pro'])
  expect(await takeTurn(turns, shop.account, 'reconcile', shop.now() - hourMs)).toBeDefined()
})

test('a lookup key that goes to a new price takes nothing from those who pay the old one', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock } = shop
  const old = fake.createPrice({ lookup_key: 'pro_monthly' })
  await shop.write(async (tx) => {
    await tx`insert into vouchsafe.price_mappings (tenant_id, id, match, external_id, plan_version_id)
      select tenant_id, gen_random_uuid(), 'lookup_key', 'pro_monthly', plan_version_id from vouchsafe.price_mappings
      where external_id = ${price.pro}`
  })
  const worker = shop.openWorker()
  const { customer, subject } = await shop.newCustomer()
  fake.subscribe(customer, [{ price: old }])
  await shop.receive()
  await worker.settled()
  expect(await shop.plansOf(subject)).toEqual(['pro'])
  // prices.create({ lookup_key: 'pro_monthly', transfer_lookup_key: true })
  fake.thing('price', old).lookup_key = null
  fake.createPrice({ lookup_key: 'pro_monthly' })
  await shop.replay({ customers: [customer] })
  await worker.settled()
  expect(await shop.plansOf(subject)).toEqual(['pro'])
  const state = await shop.openApi()(shop.account).fetchCustomer(customer, { features: false })
  const { result } = await shop.write((tx) => driftOf(tx, shop.account, state, shop.now()))
  expect(result).toMatchObject({ changes: [], alerts: [] })
  // Nor is the customer fetched every hour for it.
  clock.ahead += hourMs
  const parts = { sql: shop.sql, api: shop.openApi(), now: shop.now, wake: () => undefined }
  await Array.fromAsync(reconcile(parts, shop.account, shop.now()))
  expect(await shop.marks()).toEqual([])
  expect(await Array.fromAsync(allCustomers(parts, shop.account))).toEqual([customer])
})

test('who was bound to somebody else by hand is not taken back by a checkout', async () => {
  const shop = await openWorkshop()
  const { sql, now, fake, price, tenant } = shop
  const worker = shop.openWorker()
  const needs = { sql, now, api: shop.openApi(), committed: () => undefined }
  const by = { tenant, actor: 'clr_shop' }
  const [alice, bob] = [await shop.newSubject(), await shop.newSubject()]
  const first = await holderCustomer(needs, by, shop.account, { subject: `sub_${alice}` })
  await shop.write((tx) =>
    bindCustomer(
      tx,
      { ...by, now: now() },
      { account: '', customer: first.customer, holder: { subject: `sub_${bob}` } },
    ),
  )
  fake.subscribe(first.customer, [{ price: price.pro }])
  await shop.receive()
  await worker.settled()
  expect(await shop.plansOf(bob)).toEqual(['pro'])
  const second = await holderCustomer(needs, by, shop.account, { subject: `sub_${alice}` })
  expect(second.customer).not.toBe(first.customer)
  await worker.settled()
  expect(await shop.plansOf(bob)).toEqual(['pro'])
  expect(await shop.plansOf(alice)).toEqual([])
  // It is hers from now on.
  expect(await holderCustomer(needs, by, shop.account, { subject: `sub_${alice}` })).toEqual(second)
})

test('a stranger who names a person in a checkout does not become whose portal that person sees', async () => {
  const shop = await openWorkshop()
  const { sql, now, fake, price, tenant } = shop
  const worker = shop.openWorker()
  const needs = { sql, now, api: shop.openApi(), committed: () => undefined }
  const person = { subject: `sub_${await shop.newSubject()}` }
  const own = await holderCustomer(needs, { tenant, actor: 'clr_shop' }, shop.account, person)
  shop.clock.ahead += hourMs
  const line = { mode: 'payment', lines: [{ price: price.course }], reference: person.subject } as const
  fake.completeCheckout({ ...line, customer: fake.createCustomer() })
  await shop.receive()
  await worker.settled()
  expect((await findHolderCustomer(needs, shop.account, person))?.customer).toBe(own.customer)
})

test('what was settled two months ago leaves the inbox; what waits stays, however old', async () => {
  const shop = await openWorkshop()
  const { sql, now, tenant, account } = shop
  const events = (name: string, status: string, days: number, count = 1) => sql`
    insert into vouchsafe.stripe_events (tenant_id, account_id, event_id, type, created, marks, status, received_at, received_via)
    select ${tenant}, ${account.id}, ${name} || n, 'invoice.paid', now(), 'cus_1', ${status}, ${new Date(now() - days * dayMs)}, 'push'
    from generate_series(1, ${count}::integer) n`
  await events('evt_old_', 'processed', 61, 2500)
  await events('evt_idle_', 'ignored', 61)
  await events('evt_waits_', 'received', 400)
  await events('evt_new_', 'processed', 59)
  await events('evt_new_idle_', 'ignored', 59)
  const parts = { sql, api: shop.openApi(), now, wake: () => undefined }
  const { revision } = (await shop.changes()).at(-1) ?? { revision: 0 }
  await Array.fromAsync(reconcile(parts, account, now()))
  const left = (await shop.events()).map(({ event_id }) => event_id).sort()
  expect(left).toEqual(['evt_new_1', 'evt_new_idle_1', 'evt_waits_1'])
  // It is no change of anybody's rights.
  expect((await shop.changes()).at(-1)?.revision ?? 0).toBe(revision)
})

test('beside accounts that are switched off, the only one that is not need not be named', async () => {
  const shop = await openWorkshop()
  const { customer } = await shop.newCustomer()
  const { id } = await shop.anotherAccount()
  await expect(shop.replay({ customers: [customer] })).rejects.toMatchObject({ code: 'INVALID_FIELD' })
  await shop.write((tx) => tx`update vouchsafe.stripe_accounts set active = false where id = ${id}`)
  expect(await shop.replay({ customers: [customer] })).toEqual({ marked: 1, unknown: [] })
  // Named, it is found all the same: what came of it can be taken.
  expect(await shop.replay({ account: 'other', customers: [customer] })).toEqual({ marked: 1, unknown: [] })
})

test('a tenant whose marks cannot be taken keeps nobody else waiting', async () => {
  const shop = await openWorkshop()
  const { fake, price, sql } = shop
  const other = await shop.anotherAccount()
  for (const account of [other, shop.account]) {
    const { customer, subject } = await shop.newCustomer(account)
    fake.subscribe(customer, [{ price: price.pro }])
    if (account === shop.account) {
      await sql.unsafe(`create function vouchsafe.break_marks() returns trigger language plpgsql as
        $$ begin raise exception 'broken'; end $$;
        create trigger break_marks before update on vouchsafe.stripe_marks for each row
        when (old.account_id = '${other.id}') execute function vouchsafe.break_marks()`)
      await shop.openWorker({ accounts: () => [other, shop.account] }).settled()
      expect(await shop.plansOf(subject)).toEqual(['pro'])
    }
  }
})

test('an import marks no more than are soon fetched: who buys meanwhile does not wait for all of it', async () => {
  const shop = await openWorkshop()
  const { fake, price } = shop
  for (let n = 0; n < 300; n++) fake.subscribe(fake.createCustomer(), [{ price: price.pro }])
  const parts = { sql: shop.sql, api: shop.openApi(), now: shop.now, wake: () => undefined }
  let told = 0
  for await (const _progress of reconcile(parts, shop.account, shop.now())) if (++told === 8) break
  expect(await shop.marks()).toHaveLength(200)
  const worker = shop.openWorker({ pollMs: 50 })
  const all = await Array.fromAsync(reconcile(parts, shop.account, shop.now()))
  expect(all.at(-1)).toHaveProperty('total')
  await worker.settled()
  expect((await shop.marks()).filter(({ state }) => state === 'unbound')).toHaveLength(300)
})

test('who waits for a customer that takes long to fetch keeps the lease meanwhile', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock, sql, now } = shop
  const { customer, subject } = await shop.newCustomer()
  fake.subscribe(customer, [{ price: price.pro }])
  const api = shop.openApi()
  const begun = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const slow = () => ({
    ...api(shop.account),
    fetchCustomer: async (...asked: Parameters<StripeApi['fetchCustomer']>) => {
      begun.resolve()
      await released.promise
      return api(shop.account).fetchCustomer(...asked)
    },
  })
  const synced = syncNow({ sql, api: slow, now, random: () => 0.5, heartbeatMs: 20 }, shop.account, customer)
  await begun.promise
  for (let n = 0; n < 3; n++) {
    clock.ahead += 20_000
    const [{ lease_until } = { lease_until: null }] = await shop.marks()
    await expect.poll(async () => (await shop.marks())[0]?.lease_until).not.toBe(lease_until)
  }
  // Another process finds nothing to do.
  await shop.openWorker().settled()
  released.resolve()
  expect(await synced).toMatchObject({ outcome: 'applied', granted: 1 })
  expect(await shop.plansOf(subject)).toEqual(['pro'])
})

test('a node that does not fetch says all the same how long customers wait', async () => {
  const shop = await openWorkshop()
  await shop.newCustomer()
  await shop.sql`update vouchsafe.stripe_marks set since = now() - interval '1 hour'`
  const data = join(temporaryFolder(), 'data')
  const env = { ...ownPorts(data), ...shop.environment, VOUCHSAFE_STRIPE_WORKER: 'off' }
  const server = start(['serve'], { env })
  const addresses = await server.up()
  const age = () => metric(addresses, 'vouchsafe_stripe_oldest_mark_seconds')
  await expect.poll(age, { timeout: 20_000 }).toBeGreaterThan(3000)
  await stop(server)
})

test('who was erased is not fetched every hour', async () => {
  const shop = await openWorkshop()
  const { fake, price, sql, now, tenant } = shop
  const worker = shop.openWorker()
  const { customer, subject } = await shop.newCustomer()
  fake.subscribe(customer, [{ price: price.pro }])
  await worker.settled()
  await shop.write((tx) =>
    eraseSubject(tx, { tenant, actor: 'test', now: now() } as never, { subject: `sub_${subject}` }),
  )
  const parts = { sql, api: shop.openApi(), now, wake: () => undefined }
  await Array.fromAsync(reconcile(parts, shop.account, now()))
  expect(await shop.marks()).toEqual([])
})

test('an event that is replayed days later does not count as one that took days', async () => {
  const shop = await openWorkshop()
  const { fake, price, clock } = shop
  const seconds: number[] = []
  const metrics = { stripeSynced: () => undefined, stripeApplied: (took: number) => void seconds.push(took) }
  const worker = shop.openWorker({ metrics })
  const { customer } = await shop.newCustomer()
  fake.subscribe(customer, [{ price: price.pro }])
  await shop.receive()
  await worker.settled()
  const [event] = (await shop.events()).filter(({ status }) => status === 'processed')
  const before = seconds.length
  expect(before).toBeGreaterThan(0)
  clock.ahead += 3 * dayMs
  expect(await shop.replay({ events: [event?.event_id ?? ''] })).toEqual({ marked: 1, unknown: [] })
  await worker.settled()
  expect((await shop.events()).filter(({ status }) => status === 'received')).toEqual([])
  expect(seconds).toHaveLength(before)
})
