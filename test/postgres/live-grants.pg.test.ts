import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Tx } from '#postgres/pool.ts'
import { enterTenant } from '#postgres/tenant-scope.ts'
import { newId } from '#postgres/uuid.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { newTenant } from './new-tenant.ts'

let database: FreshDatabase
let tenant: string
const holder = newId()
const [entitlement, other] = [newId(), newId()]
const at = '2026-01-01T00:00:00Z'
beforeAll(async () => {
  database = await freshDatabase()
  tenant = await newTenant(database.sql)
  await asTenant(async (tx) => {
    await tx`insert into vouchsafe.subjects (tenant_id, id) values (${tenant}, ${holder})`
    for (const [id, key] of [
      [entitlement, 'export'],
      [other, 'import'],
    ] as const)
      await tx`insert into vouchsafe.entitlements (tenant_id, id, key, kind, combine) values (${tenant}, ${id}, ${key}, 'boolean', 'any')`
  })
})
afterAll(() => database.drop())

const asTenant = (work: (tx: Tx) => Promise<unknown>) =>
  database.sql.begin(async (tx) => {
    await enterTenant(tx, tenant)
    await work(tx)
    await tx`select * from vouchsafe.seal('test', 'Write', null, null)`
  })
const give = (tx: Tx, more: { readonly [column: string]: string } = {}) => {
  const row = {
    tenant_id: tenant,
    id: newId(),
    subject_id: holder,
    entitlement_id: entitlement,
    source: 'admin',
    starts_at: at,
  }
  return tx`insert into vouchsafe.grants ${tx({ ...row, ...more })}`
}
const take = (tx: Tx) =>
  tx`update vouchsafe.grants set revoked_at = ${at} where tenant_id = ${tenant} and revoked_at is null`

test('a right is there once while it lives; taken, it may be given again, and taken in the same instant', async () => {
  await asTenant((tx) => give(tx))
  await expect(asTenant((tx) => give(tx))).rejects.toMatchObject({ code: '23505' })
  for (let n = 0; n < 3; n++) {
    await asTenant(async (tx) => {
      await take(tx)
      await give(tx)
    })
  }
  const [rows] =
    await database.sql`select count(*)::integer as rows, count(*) filter (where revoked_at is null)::integer as live
    from vouchsafe.grants where tenant_id = ${tenant}`
  expect(rows).toEqual({ rows: 4, live: 1 })
})

test('what differs in source, reference, start or kind is another right', async () => {
  await asTenant(async (tx) => {
    await take(tx)
    await give(tx)
    await give(tx, { source: 'promotion' })
    await give(tx, { source_ref: 'ticket-7' })
    await give(tx, { starts_at: '2026-02-01T00:00:00Z' })
    await give(tx, { entitlement_id: other })
    await give(tx, { effect: 'deny' })
  })
})
