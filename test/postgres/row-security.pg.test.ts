import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPool, type Sql } from '#postgres/pool.ts'
import { readFeed } from '#postgres/read-feed.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { enterTenant } from '#postgres/tenant-scope.ts'
import { newId } from '#postgres/uuid.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { newTenant } from './new-tenant.ts'

let database: FreshDatabase
let one: Sql
const tenants: string[] = []
beforeAll(async () => {
  database = await freshDatabase()
  one = openPool({ url: database.url, max: 1 })
  for (const count of [2, 3]) {
    const tenant = await newTenant(database.sql)
    tenants.push(tenant)
    await withTenant(database.sql, { tenant, actor: 'test', action: 'Fill' }, async (tx) => {
      for (let i = 0; i < count; i++)
        await tx`insert into vouchsafe.subjects (tenant_id, id) values (${tenant}, ${newId()})`
    })
  }
})
afterAll(async () => {
  await one.end()
  await database.drop()
})

const [a, b] = [() => tenants[0] as string, () => tenants[1] as string]

test('S003-28 every table in our schema has row security enabled, forced and a policy', async () => {
  const bare = await database.sql`
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'vouchsafe' and c.relkind = 'r' and not (c.relrowsecurity and c.relforcerowsecurity
      and exists (select from pg_policy p where p.polrelid = c.oid))`
  expect(bare).toEqual([])
})

test('S003-29 S001-52 V63 V65 one prepared statement on one backend, two tenants in turn, errors between: never a foreign row', async () => {
  for (let turn = 0; turn < 400; turn++) {
    const tenant = turn % 2 === 0 ? a() : b()
    const rows = await readTenant(
      one,
      tenant,
      (tx) => tx<{ tenant_id: string }[]>`select tenant_id from vouchsafe.subjects`,
    )
    expect(rows).toHaveLength(turn % 2 === 0 ? 2 : 3)
    expect(rows.every((row) => row.tenant_id === tenant)).toBe(true)
    if (turn % 7 === 0) await readTenant(one, tenant, (tx) => tx`select 1 / 0`).catch(() => undefined)
  }
})

test('F59 without a tenant, or after one, there are no rows and nothing can be written', async () => {
  const asApp = (setting?: string) =>
    one.begin(async (tx) => {
      await tx`set local role vouchsafe_app`
      if (setting !== undefined) await tx`select set_config('app.tenant_id', ${setting}, true)`
      const rows = await tx`select from vouchsafe.subjects union all select from vouchsafe.effect`
      return { count: rows.length }
    })
  expect(await asApp()).toEqual({ count: 0 })
  await readTenant(one, a(), (tx) => tx`select 1`)
  expect(await asApp()).toEqual({ count: 0 })
  expect(await asApp('')).toEqual({ count: 0 })
  await expect(asApp('no uuid')).rejects.toMatchObject({ code: '22P02' })
  const write = one.begin(async (tx) => {
    await tx`set local role vouchsafe_app`
    await tx`insert into vouchsafe.subjects (tenant_id, id) values (${a()}, ${newId()})`
  })
  await expect(write).rejects.toMatchObject({ code: '42501' })
})

test('S003-29 a row of another tenant can be neither written, moved nor pointed at', async () => {
  const foreign = await readTenant(
    database.sql,
    b(),
    (tx) => tx<{ id: string }[]>`select id from vouchsafe.subjects limit 1`,
  )
  const subject = foreign[0]?.id as string
  const write = (work: Parameters<typeof withTenant>[2]) =>
    withTenant(database.sql, { tenant: a(), actor: 'test', action: 'Cross' }, work)
  await expect(
    write((tx) => tx`insert into vouchsafe.subjects (tenant_id, id) values (${b()}, ${newId()})`),
  ).rejects.toMatchObject({ code: '42501' })
  await expect(write((tx) => tx`update vouchsafe.subjects set tenant_id = ${b()}`)).rejects.toMatchObject({
    code: '42501',
  })
  await expect(
    write(
      (tx) =>
        tx`insert into vouchsafe.facts (tenant_id, subject_id, key, value) values (${a()}, ${subject}, 'k', '1')`,
    ),
  ).rejects.toMatchObject({ code: 'NOT_FOUND' })
  const untouched = await write(
    (tx) => tx`update vouchsafe.subjects set kind = 'service' where id = ${subject}`,
  )
  expect(untouched.changed).toBe(false)
})

test('V28 a unique key of another tenant is not in the way, so no error tells of it', async () => {
  for (const tenant of [a(), b()]) {
    await withTenant(database.sql, { tenant, actor: 'test', action: 'Same' }, async (tx) => {
      await tx`insert into vouchsafe.products (tenant_id, id, key) values (${tenant}, ${newId()}, 'same')`
      await tx`insert into vouchsafe.operations (tenant_id, request_id, request_sha256, response) values (${tenant}, 'r', '\\x00', '{}')`
    })
  }
})

test('the feed reads all tenants and writes nothing', async () => {
  const rows = await readFeed(database.sql, (tx) => tx`select distinct tenant_id from vouchsafe.subjects`)
  expect(rows).toHaveLength(2)
  const write = database.sql.begin(async (tx) => {
    await enterTenant(tx, a())
    await tx`set local role vouchsafe_feed`
    await tx`update vouchsafe.subjects set kind = 'service'`
  })
  await expect(write).rejects.toMatchObject({ code: '42501' })
  const copied = await readFeed(database.sql, async (tx) => {
    const stream = await tx`copy vouchsafe.subjects (id) to stdout`.readable()
    let text = ''
    for await (const piece of stream) text += piece
    return { lines: text.trim().split('\n').length }
  })
  expect(copied.lines).toBe(5)
})

test('F10 a deadlock is retried until both have written', async () => {
  const key = (name: string) =>
    withTenant(database.sql, { tenant: a(), actor: 'test', action: 'Add' }, async (tx) => {
      await tx`insert into vouchsafe.products (tenant_id, id, key) values (${a()}, ${newId()}, ${name})`
    })
  await key('first')
  await key('second')
  let arrived = 0
  const both = Promise.withResolvers<void>()
  const update = (keys: readonly [string, string]) =>
    withTenant(database.sql, { tenant: a(), actor: 'test', action: 'Update' }, async (tx) => {
      await tx`update vouchsafe.products set name = name || 'x' where key = ${keys[0]}`
      if (++arrived === 2) both.resolve()
      await both.promise
      await tx`update vouchsafe.products set name = name || 'x' where key = ${keys[1]}`
    })
  await Promise.all([update(['first', 'second']), update(['second', 'first'])])
  const rows = await readTenant(
    database.sql,
    a(),
    (tx) => tx`select name from vouchsafe.products where key in ('first', 'second')`,
  )
  expect([...rows]).toEqual([{ name: 'xx' }, { name: 'xx' }])
  expect(arrived).toBe(3)
})
