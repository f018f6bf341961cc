import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPool } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import type { StripeAccount } from '#stripe/account.ts'
import type { Envelope } from '#stripe/envelope.ts'
import { createInbox } from '#stripe/inbox.ts'
import { createTenant } from '#test/fixtures/create-tenant.ts'
import { type FreshDatabase, freshDatabase } from '#test/postgres/database.ts'
import { faultProxy } from '#test/postgres/fault-proxy.ts'

let database: FreshDatabase
let account: StripeAccount
let other: StripeAccount
beforeAll(async () => {
  database = await freshDatabase()
  account = await addedAccount('one')
  other = await addedAccount('other')
})
afterAll(() => database?.drop())

async function addedAccount(key: string): Promise<StripeAccount> {
  const { sql } = database
  const { tenant } = await createTenant(sql, { key })
  const id = newId()
  const fields = { key, livemode: false, api_key: 'env:KEY', webhook_secrets: ['env:HOOK'], active: true }
  await withTenant(
    sql,
    { tenant, actor: 'test', action: 'Test' },
    (tx) => tx`
    insert into vouchsafe.stripe_accounts (tenant_id, id, key, livemode, api_key, webhook_secrets)
    values (${tenant}, ${id}, ${key}, false, 'env:KEY', ${['env:HOOK']}::text[])`,
  )
  return { tenant, id, ...fields }
}

let count = 0
const envelope = (fields: Partial<Envelope> = {}): Envelope => ({
  id: `evt_${++count}`,
  type: 'invoice.paid',
  created: 1_780_000_000_000,
  livemode: false,
  customer: 'cus_1',
  ...fields,
})
const open = (mostWaiting?: number) => {
  const woken = { times: 0 }
  const wake = () => {
    woken.times += 1
  }
  const inbox = createInbox({
    sql: database.sql,
    wake,
    ...(mostWaiting === undefined ? {} : { mostWaiting }),
  })
  return { inbox, woken }
}
const written = async (ids: readonly string[]) =>
  database.sql<{ event_id: string; xmin: string }[]>`
    select event_id, xmin::text from vouchsafe.stripe_events where event_id in ${database.sql(ids as string[])}`
const marked = async (object: string) =>
  (
    await database.sql<{ generation: number }[]>`
      select generation from vouchsafe.stripe_marks where object = ${object}`
  )[0]?.generation

test('F41 events that come together are written together, and each is answered', async () => {
  const { inbox, woken } = open()
  const all = Array.from({ length: 300 }, () => envelope({ customer: 'cus_together' }))
  const kept = await Promise.all(all.map((each) => inbox.receive(account, each, 'push')))
  expect(kept).toEqual(Array(300).fill('stored'))
  const rows = await written(all.map(({ id }) => id))
  expect(rows).toHaveLength(300)
  // The first alone, the others behind it.
  expect(new Set(rows.map(({ xmin }) => xmin)).size).toBe(2)
  expect(await marked('cus_together')).toBe(2)
  expect(woken.times).toBe(2)
})

test('C-10 the same event many times in one transaction is new once', async () => {
  const { inbox, woken } = open()
  const first = envelope()
  const same = envelope({ customer: 'cus_same' })
  const kept = await Promise.all(
    [first, same, same, same].map((each) => inbox.receive(account, each, 'push')),
  )
  expect(kept).toEqual(['stored', 'stored', 'duplicate', 'duplicate'])
  expect(await inbox.receive(account, same, 'sweep')).toBe('duplicate')
  expect([await marked('cus_same'), woken.times]).toEqual([1, 2])
})

test('an event that the database refuses fails alone', async () => {
  const { inbox } = open()
  const good = Array.from({ length: 5 }, () => envelope())
  const bad = envelope({ object_id: 'a\u0000b' })
  const foreign = { ...account, id: newId() }
  const results = await Promise.allSettled([
    inbox.receive(account, envelope(), 'push'),
    inbox.receive(account, bad, 'push'),
    inbox.receive(foreign, envelope(), 'push'),
    ...good.map((each) => inbox.receive(account, each, 'push')),
  ])
  expect(results.map(({ status }) => status)).toEqual(
    ['fulfilled', 'rejected', 'rejected'].concat(Array(5).fill('fulfilled')),
  )
  expect(await written(good.map(({ id }) => id))).toHaveLength(5)
})

test('F41 more than can wait is told to come again, and what waits is kept', async () => {
  const { inbox } = open(10)
  const all = Array.from({ length: 30 }, () => envelope())
  const results = await Promise.allSettled(all.map((each) => inbox.receive(account, each, 'push')))
  const refused = results.filter((each) => each.status === 'rejected')
  // One is being written already.
  expect(refused).toHaveLength(19)
  expect(refused.map(({ reason }) => reason.code)).toEqual(Array(19).fill('NOT_READY'))
  expect(await written(all.map(({ id }) => id))).toHaveLength(11)
  const again = await Promise.all(all.map((each) => open().inbox.receive(account, each, 'push')))
  expect(again.filter((each) => each === 'stored')).toHaveLength(19)
})

test('a tenant with many events does not keep another one waiting for all of them', async () => {
  const { inbox } = open()
  const many = Array.from({ length: 1500 }, () => inbox.receive(account, envelope(), 'push'))
  let isThrough = false
  const all = Promise.all(many).then(() => {
    isThrough = true
  })
  const own = envelope()
  expect(await inbox.receive(other, own, 'push')).toBe('stored')
  expect(isThrough).toBe(false)
  await all
  expect(await written([own.id])).toHaveLength(1)
})

test('what changes no right is kept, marks nobody and wakes nobody', async () => {
  const { inbox, woken } = open()
  const idle = envelope({ type: 'payment_intent.created', customer: 'cus_idle' })
  expect(await inbox.receive(account, idle, 'push')).toBe('stored')
  expect([await marked('cus_idle'), woken.times]).toEqual([undefined, 0])
})

test('one mark is woken from the dead by what is new, and by no repeat', async () => {
  const { inbox } = open()
  const { sql } = database
  const first = envelope({ customer: 'cus_dead' })
  await inbox.receive(account, first, 'push')
  const state = async () =>
    (await sql<{ state: string }[]>`select state from vouchsafe.stripe_marks where object = 'cus_dead'`)[0]
      ?.state
  await sql`update vouchsafe.stripe_marks set state = 'dead' where object = 'cus_dead'`
  await inbox.receive(account, first, 'push')
  expect(await state()).toBe('dead')
  await inbox.receive(account, envelope({ customer: 'cus_dead' }), 'push')
  expect(await state()).toBe('waiting')
})

test('F4 connections that went silent for ever hold up no event but their own', async () => {
  const proxy = await faultProxy(database.url)
  const sql = openPool({ url: proxy.url, max: 4 })
  const inbox = createInbox({ sql, wake: () => undefined, patienceMs: 1000 })
  // Both lanes.
  const both = () => [account, other].map((each) => inbox.receive(each, envelope(), 'push'))
  await Promise.all(both())
  const pending = await database.sql.begin(async (tx) => {
    // Holds them in the middle of their transactions.
    await tx`select from vouchsafe.stripe_accounts for update`
    const held = Promise.allSettled(both())
    const waiting = async () => (await tx`select from pg_locks where not granted`).length
    await expect.poll(waiting).toBe(2)
    proxy.silence()
    return { held }
  })
  for (const { status, reason } of (await pending.held) as PromiseRejectedResult[]) {
    expect([status, reason?.code]).toEqual(['rejected', 'DATABASE_UNAVAILABLE'])
  }
  await expect
    .poll(() => Promise.all(both()).catch((error) => error.code), { timeout: 20_000 })
    .toEqual(['stored', 'stored'])
  proxy.reset()
  await sql.end({ timeout: 0 })
  await proxy.close()
})

test('F41 it says how many events are not durable yet', async () => {
  const { inbox } = open()
  expect(inbox.underWay()).toBe(0)
  const arriving = Array.from({ length: 7 }, () => inbox.receive(account, envelope(), 'push'))
  expect(inbox.underWay()).toBe(7)
  await Promise.all(arriving)
  await expect.poll(inbox.underWay).toBe(0)
})
