import { afterAll, beforeAll, expect, test } from 'vitest'
import { addOrganization } from '#admin/organizations.ts'
import type { Tx } from '#postgres/pool.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { addIssuer, setFamilies } from '#test/fixtures/catalogue.ts'
import { type FreshDatabase, freshDatabase } from '#test/postgres/database.ts'
import { newWorld, type World } from './world.ts'

let database: FreshDatabase
let one: World
let two: World
beforeAll(async () => {
  database = await freshDatabase()
  one = await newWorld(database.sql)
  two = await newWorld(database.sql)
})
afterAll(() => database.drop())

const write = <T>(world: World, work: (tx: Tx, tenant: string) => Promise<T>) =>
  withTenant(database.sql, { tenant: world.by.tenant, actor: 'test', action: 'Write' }, (tx) =>
    work(tx, world.by.tenant),
  )

test('an audience of an issuer belongs to one tenant', async () => {
  const issuer = (...audiences: string[]) => ({
    iss: 'https://id.test',
    audiences,
    jwks_uri: 'https://id.test/jwks',
  })
  await write(one, (tx, tenant) => addIssuer(tx, tenant, issuer('web', 'app')))
  await write(two, (tx, tenant) => addIssuer(tx, tenant, issuer('other')))
  await expect(write(two, (tx, tenant) => addIssuer(tx, tenant, issuer('app')))).rejects.toMatchObject({
    code: 'ALREADY_EXISTS',
  })
  const widened = write(two, (tx) => tx`update vouchsafe.issuers set audiences = '{other,web}'`)
  await expect(widened).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
  await write(one, (tx) => tx`update vouchsafe.issuers set audiences = '{app}'`)
  await write(two, (tx) => tx`update vouchsafe.issuers set audiences = '{other,web}'`)
})

test('V24 no organization is above itself, also not when two are moved at once', async () => {
  const { result } = await write(one, async (tx, tenant) => ({
    a: await addOrganization(tx, tenant, { key: 'a' }),
    b: await addOrganization(tx, tenant, { key: 'b' }),
  }))
  const { a, b } = result
  const firstMoved = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  let secondMoved = false
  const first = write(one, async (tx) => {
    await tx`update vouchsafe.organizations set parent_id = ${b} where id = ${a}`
    firstMoved.resolve()
    await release.promise
  })
  await firstMoved.promise
  const second = write(one, async (tx) => {
    await tx`update vouchsafe.organizations set parent_id = ${a} where id = ${b}`
    secondMoved = true
  })
  const refused = expect(second).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' })
  const waits = () => database.sql`select from pg_locks where locktype = 'advisory' and not granted`
  await expect.poll(async () => secondMoved || (await waits()).length > 0).toBe(true)
  release.resolve()
  await first
  await refused
})

test.each([
  "update vouchsafe.plan_items set value = '1'",
  'delete from vouchsafe.plan_items',
  "update vouchsafe.plan_versions set status = 'draft'",
  'update vouchsafe.plan_versions set n = n + 10',
  'delete from vouchsafe.plan_versions',
  'insert into vouchsafe.plan_items (tenant_id, plan_version_id, id, product_id) select i.tenant_id, i.plan_version_id, gen_random_uuid(), p.id from vouchsafe.plan_items i join vouchsafe.products p using (tenant_id) where i.entitlement_id is not null limit 1',
])('a published plan version never changes: %s', async (statement) => {
  await expect(write(one, (tx) => tx.unsafe(statement))).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
  })
})

test('a published plan version may be retired', async () => {
  const retired = await write(
    one,
    (tx) => tx`update vouchsafe.plan_versions set status = 'retired' where n = 1`,
  )
  expect(retired.changed).toBe(true)
})

test('S002-32 a family names an entitlement that is there', async () => {
  const set = (key: string, pattern: string) =>
    write(one, (tx, tenant) => setFamilies(tx, tenant, key, pattern))
  await set('docs', 'docs_paid*')
  await expect(set('nothing', 'docs_paid*')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(set('docs', 'docs paid')).rejects.toMatchObject({ code: 'INVALID_FIELD' })
})
