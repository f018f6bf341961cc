import { afterAll, beforeAll, expect, test } from 'vitest'
import { dumpSchema } from '#postgres/schema-dump.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'

let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

test('the committed schema.sql is what the migrations make', async () => {
  await expect(await dumpSchema(database.sql)).toMatchFileSnapshot('../../src/postgres/schema.sql')
})

test('S003-43 each way to a holder’s grants has an index', async () => {
  const plans = await database.sql.begin(async (tx) => {
    await tx`set local enable_seqscan = off`
    const id = '00000000-0000-7000-8000-000000000001'
    return [
      await tx`explain select * from vouchsafe.grants where tenant_id = ${id} and subject_id = ${id} order by granted_at desc, id desc limit 50`,
      await tx`explain select * from vouchsafe.grants where tenant_id = ${id} and organization_id = ${id} order by granted_at desc, id desc limit 50`,
      await tx`explain select * from vouchsafe.seats where tenant_id = ${id} and subject_id = ${id} and released_at is null`,
      await tx`explain select * from vouchsafe.change where tenant_id = ${id} and revision > 7 order by revision`,
    ].map((rows) => rows.map((row) => row['QUERY PLAN']).join('\n'))
  })
  expect(plans.map((plan) => /using (\w+)/.exec(plan)?.[1])).toEqual([
    'grants_holder',
    'grants_organization',
    'seats_subject',
    'change_pkey',
  ])
  // A person has few of their own, which are sorted; an organization may have a hundred thousand.
  expect(plans[1]).not.toContain('Sort')
})
