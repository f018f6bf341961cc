import { afterAll, beforeAll, expect, test } from 'vitest'
import { readTenant } from '#postgres/read-tenant.ts'
import { newId } from '#postgres/uuid.ts'
import { verifyChain } from '#postgres/verify-chain.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { newTenant } from './new-tenant.ts'

let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

const scope = (tenant: string) => ({ tenant, actor: 'test', action: 'Write', reason: 'why', cause: 'evt' })

test('an effect holds the primary key and the whole row, times as ISO text', async () => {
  const tenant = await newTenant(database.sql)
  const id = newId()
  await withTenant(database.sql, scope(tenant), async (tx) => {
    await tx`insert into vouchsafe.subjects (tenant_id, id, created_at) values (${tenant}, ${id}, '2026-11-21T12:00:00.5Z')`
    await tx`update vouchsafe.subjects set tokens_not_before = '2026-11-22T00:00:00Z'`
  })
  await withTenant(database.sql, scope(tenant), async (tx) => {
    await tx`insert into vouchsafe.facts (tenant_id, subject_id, key, value, at) values (${tenant}, ${id}, 'k', '[1]', '2026-01-01T00:00:00Z')`
    await tx`delete from vouchsafe.facts`
  })
  const effects = await readTenant(
    database.sql,
    tenant,
    (tx) =>
      tx`select c.revision, e.ordinal, e.table_name, e.op, e.key, e.after from vouchsafe.change c
      join vouchsafe.effect e using (tenant_id, epoch, xid) where c.revision > 1 order by c.revision, e.ordinal`,
  )
  const subject = { tenant_id: tenant, id, kind: 'user', tokens_not_before: null, deleted_at: null }
  const row = { ...subject, created_at: '2026-11-21T12:00:00.5+00:00' }
  const key = { tenant_id: tenant, id }
  const fact = { tenant_id: tenant, subject_id: id, key: 'k' }
  const after = { ...fact, value: [1], at: '2026-01-01T00:00:00+00:00' }
  const changed = { ...row, tokens_not_before: '2026-11-22T00:00:00+00:00' }
  expect([...effects]).toEqual([
    { revision: 2, ordinal: 1, table_name: 'subjects', op: 'insert', key, after: row },
    { revision: 2, ordinal: 2, table_name: 'subjects', op: 'update', key, after: changed },
    { revision: 3, ordinal: 1, table_name: 'facts', op: 'insert', key: fact, after },
    { revision: 3, ordinal: 2, table_name: 'facts', op: 'delete', key: fact, after: null },
  ])
})

test('F15 S003-36 eight writers, a quarter rolled back: no gap, no missing effect, the chain holds', async () => {
  const tenant = await newTenant(database.sql)
  const outcomes = await Promise.all(
    Array.from({ length: 8 }, async (_, writer) => {
      const revisions: number[] = []
      for (let turn = 0; turn < 25; turn++) {
        const write = withTenant(database.sql, scope(tenant), async (tx) => {
          await tx`insert into vouchsafe.subjects (tenant_id, id) values (${tenant}, ${newId()})`
          if ((turn + writer) % 4 === 0) throw new Error('rolled back on purpose')
        })
        await write.then(
          ({ revision }) => revisions.push(revision.revision),
          (error: Error) => expect(error.message).toBe('rolled back on purpose'),
        )
      }
      return revisions
    }),
  )
  const all = outcomes.flat().sort((a, b) => a - b)
  expect(all).toEqual(Array.from(all, (_, index) => index + 2))
  for (const mine of outcomes) expect(mine).toEqual([...mine].sort((a, b) => a - b))
  const state = await readTenant(database.sql, tenant, async (tx) => ({
    counts:
      await tx`select (select revision from vouchsafe.head) as head, (select count(*) from vouchsafe.change) as changes,
      (select count(*) from vouchsafe.effect) - 1 as effects, (select count(*) from vouchsafe.subjects) as subjects`,
    broken: await verifyChain(tx, tenant),
  }))
  const last = all.length + 1
  expect(state.counts[0]).toEqual({ head: last, changes: last, effects: all.length, subjects: all.length })
  expect(state.broken).toBeUndefined()
  const left = await database.sql`select from vouchsafe.open_transaction`
  expect(left).toHaveLength(0)
})

test('F49 the verifier names the first change that was edited, cut or swapped', async () => {
  const tenant = await newTenant(database.sql)
  for (let turn = 0; turn < 4; turn++) {
    await withTenant(database.sql, scope(tenant), async (tx) => {
      await tx`insert into vouchsafe.subjects (tenant_id, id) values (${tenant}, ${newId()})`
    })
  }
  // Only a superuser gets this far: row security and triggers are off.
  const attack = async (statement: string) => {
    const found = await database.sql
      .begin(async (tx) => {
        await tx`set local session_replication_role = replica`
        await tx.unsafe(statement.replaceAll(':tenant', `'${tenant}'`))
        const broken = await verifyChain(tx, tenant)
        throw Object.assign(new Error('undo'), { broken })
      })
      .catch((error: { broken?: unknown }) => error.broken)
    return found
  }
  const at = (revision: number) => `tenant_id = :tenant and revision = ${revision}`
  const effects = (revision: number) =>
    `tenant_id = :tenant and xid = (select xid from vouchsafe.change where ${at(revision)})`
  expect(await attack(`update vouchsafe.change set actor = 'mallory' where ${at(3)}`)).toMatchObject({
    revision: 3,
    fault: 'header',
  })
  expect(await attack(`update vouchsafe.change set at = at + interval '1 ms' where ${at(3)}`)).toMatchObject({
    revision: 3,
    fault: 'chain',
  })
  expect(await attack(`update vouchsafe.effect set after = '{}' where ${effects(4)}`)).toMatchObject({
    revision: 4,
    fault: 'effect',
  })
  expect(await attack(`delete from vouchsafe.effect where ${effects(4)}`)).toMatchObject({
    revision: 4,
    fault: 'count',
  })
  expect(await attack(`delete from vouchsafe.change where ${at(2)}`)).toMatchObject({
    revision: 2,
    fault: 'gap',
  })
  expect(await attack(`delete from vouchsafe.change where ${at(5)}`)).toMatchObject({
    revision: 5,
    fault: 'head',
  })
})

test('an erased effect keeps its hash, so the chain still holds', async () => {
  const tenant = await newTenant(database.sql)
  const erased = await database.sql.begin(async (tx) => {
    await tx`select set_config('role', 'vouchsafe_owner', true), set_config('app.tenant_id', ${tenant}, true), set_config('app.history', 'erase', true)`
    await tx`update vouchsafe.effect set after = null, salt = null`
    return { broken: await verifyChain(tx, tenant) }
  })
  expect(erased.broken).toBeUndefined()
})

test('a grant without a tenant cannot be: its holder would have to be of one', async () => {
  const [tenant, id] = [newId(), newId()]
  const known = await newTenant(database.sql)
  await withTenant(
    database.sql,
    scope(known),
    (tx) => tx`insert into vouchsafe.subjects (tenant_id, id) values (${known}, ${id})`,
  )
  for (const holder of ['subject_id', 'organization_id']) {
    const row = {
      tenant_id: tenant,
      id: newId(),
      [holder]: id,
      entitlement_id: newId(),
      source: 'admin',
      starts_at: new Date(),
    }
    const written = database.sql.begin((tx) => tx`insert into vouchsafe.grants ${tx(row)}`)
    await expect(written).rejects.toMatchObject({ code: expect.stringMatching(/^(23503|VS001)$/) })
  }
})
