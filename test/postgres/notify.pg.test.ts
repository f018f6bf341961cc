import { afterAll, beforeAll, expect, test } from 'vitest'
import { channel, notifyCommit } from '#postgres/notify.ts'
import { openPool, type Sql } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { newTenant } from './new-tenant.ts'

let database: FreshDatabase
let listener: Sql
const heard: string[] = []
beforeAll(async () => {
  database = await freshDatabase()
  listener = openPool({ url: database.url, max: 1 })
  await listener.listen(channel, (payload) => heard.push(payload))
})
afterAll(async () => {
  await listener.end({ timeout: 1 })
  await database.drop()
})

test('a commit is told with its tenant and revision, to this process first; what changed nothing is not told', async () => {
  const tenant = await newTenant(database.sql)
  const committed: number[] = []
  const scope = {
    tenant,
    actor: 'test',
    action: 'Write',
    committed: ({ revision }: { revision: number }) => committed.push(revision),
  }
  await withTenant(
    database.sql,
    scope,
    (tx) => tx`insert into vouchsafe.subjects (tenant_id, id) values (${tenant}, ${newId()})`,
  )
  await withTenant(database.sql, scope, (tx) => tx`update vouchsafe.subjects set kind = kind`)
  expect(committed).toEqual([2])
  await expect.poll(() => heard).toContain(`${tenant}:2`)
})

test('F14 a flood is folded: the first at once, the newest of each tenant at the end, few in between', async () => {
  const [a, b] = [newId(), newId()]
  const before = heard.length
  for (let revision = 1; revision <= 500; revision++) {
    for (const tenant of [a, b]) notifyCommit(database.sql, { tenant, epoch: '', revision, chain: '' })
  }
  await expect.poll(() => heard.slice(before)).toEqual(expect.arrayContaining([`${a}:500`, `${b}:500`]))
  expect(heard.length - before).toBeLessThan(20)
})
