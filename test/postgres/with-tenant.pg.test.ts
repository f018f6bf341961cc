import { afterAll, beforeAll, expect, test } from 'vitest'
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
