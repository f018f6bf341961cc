import { afterAll, beforeAll, expect, test } from 'vitest'
import { postgres } from '#postgres/driver.ts'
import type { Tx } from '#postgres/pool.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { newTenant } from './new-tenant.ts'

let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

test('a write gets the next revision, a write of nothing gets the present one', async () => {
  const tenant = await newTenant(database.sql)
  const scope = { tenant, actor: 'test', action: 'Rename' }
  const rename = (name: string) =>
    withTenant(database.sql, scope, async (tx) => tx`update vouchsafe.tenants set name = ${name}`)
  const first = await rename('A')
  const again = await rename('A')
  expect(first.revision).toMatchObject({ tenant, revision: 2 })
  expect(first.changed).toBe(true)
  expect(again.revision).toEqual(first.revision)
  expect(again.changed).toBe(false)
})

test('F57 a migration under a running server fails no write and no read of it', async () => {
  const own = await freshDatabase({ max: 1 })
  const tenant = await newTenant(own.sql)
  const scope = { tenant, actor: 'test', action: 'Look' }
  const look = (tx: Tx) => tx`select * from vouchsafe.modules where tenant_id = ${tenant}`
  try {
    await withTenant(own.sql, scope, look)
    await readTenant(own.sql, tenant, look)
    const migrating = postgres(own.url, { max: 1 })
    await migrating.unsafe('alter table vouchsafe.modules add column later text')
    await migrating.end()
    await expect(withTenant(own.sql, scope, look)).resolves.toMatchObject({ changed: false })
    const again = postgres(own.url, { max: 1 })
    await again.unsafe('alter table vouchsafe.modules add column latest text')
    await again.end()
    await expect(readTenant(own.sql, tenant, look)).resolves.toEqual([])
  } finally {
    await own.drop()
  }
})
