import { afterAll, beforeAll, expect, test } from 'vitest'
import { guardRoles } from '#postgres/guard.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'

let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase({ max: 1 })
})
afterAll(() => database.drop())

// Roles belong to the whole server: each fault lives in a transaction that is rolled back.
async function refusal(...statements: readonly string[]): Promise<string> {
  const { sql } = database
  await sql`begin`
  try {
    for (const statement of statements) await sql.unsafe(statement)
    return await guardRoles(sql).then(
      () => 'accepted',
      (error: Error) => error.message,
    )
  } finally {
    await sql`rollback`
  }
}

test('F60 the migrated database is accepted', async () => {
  expect(await refusal()).toBe('accepted')
})

test.each([
  [
    'a table without forced row security',
    ['alter table vouchsafe.grants no force row level security'],
    'grants',
  ],
  ['a table without row security', ['alter table vouchsafe.facts disable row level security'], 'facts'],
  ['a new table that nobody secured', ['create table vouchsafe.leak (tenant_id uuid)'], 'leak'],
  ['an application role that is superuser', ['alter role vouchsafe_app superuser'], 'superuser'],
  ['an application role with BYPASSRLS', ['alter role vouchsafe_app bypassrls'], 'BYPASSRLS'],
  ['an application role that may become the owner', ['grant vouchsafe_owner to vouchsafe_app'], 'owner'],
  ['an application role that owns a table', ['alter table vouchsafe.facts owner to vouchsafe_app'], 'owner'],
  ['a feed role with BYPASSRLS', ['alter role vouchsafe_feed bypassrls'], 'vouchsafe_feed'],
  ['a role that may create', ['grant create on schema public to vouchsafe_app'], 'create in schema public'],
  [
    'a view with its owner’s rights',
    ['create view vouchsafe.all_grants as select * from vouchsafe.grants'],
    'all_grants',
  ],
])('F60 V64 boot refuses %s', async (_, statements, reason) => {
  expect(await refusal(...statements)).toContain(reason)
})

test('V64 a view that reads with the asker’s rights is accepted', async () => {
  const view = 'create view vouchsafe.safe with (security_invoker = true) as select * from vouchsafe.grants'
  expect(await refusal(view)).toBe('accepted')
})

test('V64 every function of ours that runs as its owner pins its search path', async () => {
  const loose = await database.sql`
    select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'vouchsafe' and p.prosecdef and not coalesce(array_to_string(p.proconfig, ',') like '%search_path=%', false)`
  expect(loose).toEqual([])
})
