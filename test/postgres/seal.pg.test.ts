import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Tx } from '#postgres/pool.ts'
import { enterTenant } from '#postgres/tenant-scope.ts'
import { newId } from '#postgres/uuid.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { newTenant } from './new-tenant.ts'

let database: FreshDatabase
let tenant: string
let other: string
beforeAll(async () => {
  database = await freshDatabase()
  tenant = await newTenant(database.sql)
  other = await newTenant(database.sql)
})
afterAll(() => database.drop())

const subject = (tx: Tx, owner: string) =>
  tx`insert into vouchsafe.subjects (tenant_id, id) values (${owner}, ${newId()})`
const seal = (tx: Tx) => tx`select * from vouchsafe.seal('test', 'Write', null, null)`
const asTenant = (work: (tx: Tx) => Promise<unknown>) =>
  database.sql.begin(async (tx) => {
    await enterTenant(tx, tenant)
    await work(tx)
  })

test('a write after the seal is refused', async () => {
  const late = asTenant(async (tx) => {
    await subject(tx, tenant)
    await seal(tx)
    await subject(tx, tenant)
  })
  await expect(late).rejects.toMatchObject({ code: 'VS002' })
})

test('a second seal is refused', async () => {
  const twice = asTenant(async (tx) => {
    await subject(tx, tenant)
    await seal(tx)
    await seal(tx)
  })
  await expect(twice).rejects.toMatchObject({ code: 'VS002' })
})

test('a write that is not sealed does not commit', async () => {
  await expect(asTenant((tx) => subject(tx, tenant))).rejects.toMatchObject({ code: 'VS003' })
})

test('a second tenant in one transaction is refused', async () => {
  const both = asTenant(async (tx) => {
    await subject(tx, tenant)
    await enterTenant(tx, other)
    await subject(tx, other)
  })
  await expect(both).rejects.toMatchObject({ code: 'VS001' })
})

test('sealing as another tenant than wrote is refused at the commit', async () => {
  const confused = asTenant(async (tx) => {
    await subject(tx, tenant)
    await enterTenant(tx, other)
    await seal(tx)
  })
  await expect(confused).rejects.toMatchObject({ code: 'VS003' })
})

test('a superuser who forgets the tenant cannot write beside the feed', async () => {
  await expect(
    database.sql`insert into vouchsafe.subjects (tenant_id, id) values (${tenant}, ${newId()})`,
  ).rejects.toMatchObject({
    code: 'VS001',
    message: 'no tenant is set: write through withTenant',
  })
})

test('the key of a row never changes', async () => {
  const moved = withTenant(database.sql, { tenant, actor: 'test', action: 'Move' }, async (tx) => {
    await subject(tx, tenant)
    await tx`update vouchsafe.subjects set id = gen_random_uuid()`
  })
  await expect(moved).rejects.toMatchObject({ code: 'VS004' })
})

test('what a savepoint took back is no effect', async () => {
  const written = await withTenant(database.sql, { tenant, actor: 'test', action: 'Try' }, async (tx) => {
    await tx
      .savepoint((inner) => subject(inner as Tx, tenant).then(() => Promise.reject(new Error('no'))))
      .catch(() => undefined)
  })
  expect(written.changed).toBe(false)
})

test.each([
  "update vouchsafe.change set actor = 'mallory'",
  'delete from vouchsafe.change',
  'update vouchsafe.effect set after = null',
  'delete from vouchsafe.effect',
  'update vouchsafe.head set revision = 99',
  'delete from vouchsafe.head',
  'truncate vouchsafe.effect',
  'truncate vouchsafe.grants',
  'insert into vouchsafe.open_transaction values (pg_current_xact_id(), gen_random_uuid(), gen_random_uuid(), 0, true)',
  'delete from vouchsafe.grants',
  'create table vouchsafe.mine (a int)',
  'alter table vouchsafe.grants disable row level security',
])('the application may not: %s', async (statement) => {
  await expect(asTenant((tx) => tx.unsafe(statement))).rejects.toMatchObject({ code: '42501' })
})

test.each([
  "update vouchsafe.change set actor = 'mallory'",
  'delete from vouchsafe.effect',
  'truncate vouchsafe.effect',
  'update vouchsafe.head set revision = 99',
  'delete from vouchsafe.head',
])('not even the owner may: %s', async (statement) => {
  const edit = asTenant(async (tx) => {
    await tx`select set_config('role', 'vouchsafe_owner', true)`
    await tx.unsafe(statement)
  })
  await expect(edit).rejects.toMatchObject({ code: 'VS005' })
})
