import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from '#postgres/migrate.ts'
import { openPool, type Sql } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { type RunningSnapshot, startSnapshot } from '#snapshot/start-snapshot.ts'
import { newTenant } from '#test/postgres/new-tenant.ts'
import { type OwnServer, ownServer } from '#test/postgres/own-server.ts'
import { must } from './picture.ts'
import { eventually, quiet } from './stand.ts'

let server: OwnServer
let sql: Sql
let tenant: string
let started: RunningSnapshot
const told: string[] = []
beforeEach(async () => {
  server = await ownServer()
  await migrate({ url: server.url })
  sql = openPool({ url: server.url, max: 3 })
  tenant = await newTenant(sql)
  await add('first')
  told.length = 0
  started = startSnapshot({
    open: () => openPool({ url: server.url, max: 3 }),
    openListener: () => openPool({ url: server.url, max: 1 }),
    log: { ...quiet, info: (_, message) => void told.push(message) },
    pollMs: 50,
    patienceMs: 500,
  })
  await started.ready
})
afterEach(async () => {
  await started.stop()
  await sql.end({ timeout: 0 })
  await server.remove()
})

test('F3 a killed postmaster: what was loaded answers on, and the feed follows as soon as it is back', async () => {
  for (let round = 0; round < 3; round++) {
    await server.kill()
    await eventually(isAway, 'a poll fails')
    expect(subjects()).toHaveLength(round + 1)
    await server.start()
    await add(`round ${round}`)
    await eventually(() => subjects().length === round + 2, 'it follows')
  }
  expect(started.status()).toMatchObject({ alarms: 0, reloads: {} })
})

test('F4 a server that stands still and goes on: polls are given up, then all is well', async () => {
  await server.freeze(true)
  await eventually(isAway, 'a poll is given up')
  const age = started.snapshot.ageMs()
  await eventually(() => started.snapshot.ageMs() > age + 1000, 'the age grows')
  await expect(started.snapshot.refresh(50)).rejects.toMatchObject({ code: 'NOT_FRESH_ENOUGH' })
  expect(subjects()).toHaveLength(1)
  await server.freeze(false)
  await add('after')
  await eventually(() => subjects().length === 2 && !isAway(), 'it follows')
})

test('F6 a fail-over to an older copy, which then uses the same revisions for other things, is seen', {
  timeout: 300_000,
}, async () => {
  await server.stop()
  await server.keep('older')
  await server.start()
  await add('lost')
  await add('lost too')
  await eventually(() => subjects().length === 3, 'both are served')
  for (const writes of [0, 1, 2, 3]) {
    const before = started.status().alarms
    await server.stop()
    await server.keep(`after ${writes}`)
    await server.putBack('older')
    await server.start()
    for (let n = 0; n < writes; n++) await add(`other ${writes} ${n}`)
    await eventually(() => started.status().alarms > before, 'it is seen')
    await eventually(async () => same(subjects(), await inTables()), 'what is served is what is there')
    // And back again, as if the old server had been found.
    const again = started.status().alarms
    await server.stop()
    await server.putBack(`after ${writes}`)
    await server.start()
    await eventually(
      () => writes === 2 || started.status().alarms > again || subjects().length === 3,
      'seen again',
    )
    await eventually(async () => same(subjects(), await inTables()), 'what is served is what is there')
  }
})

test('F7 a standby is not read, and refuses writes; once promoted it is followed, and the old primary is not any more', async () => {
  await server.stop()
  await server.keep('old primary')
  await server.becomeStandby()
  await server.start()
  await eventually(() => started.status().last_error?.includes('standby') === true, 'it is refused')
  await expect(add('refused')).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
  expect(subjects()).toHaveLength(1)
  await sql`select pg_promote()`
  await add('after the promotion')
  await eventually(() => subjects().length === 2, 'it is followed')
  expect(told).toContainEqual(expect.stringContaining('failed over'))
  expect(started.status().alarms).toBe(0)

  await server.stop()
  await server.putBack('old primary')
  await server.start()
  await eventually(
    () => started.status().last_error?.includes('before a fail-over') === true,
    'it is refused',
  )
  expect(subjects()).toHaveLength(2)
})

function subjects(): readonly string[] {
  const facts = must(started.snapshot, tenant).facts(holder)
  return Object.keys(facts).sort()
}

async function inTables(): Promise<readonly string[]> {
  // A connection of the pool may still be the one that the restart ended.
  const rows = await sql<
    { key: string }[]
  >`select key from vouchsafe.facts where tenant_id = ${tenant}`.catch(() => [])
  return rows.map(({ key }) => key).sort()
}

const isAway = () => started.status().last_error !== undefined
const same = (a: readonly string[], b: readonly string[]) => JSON.stringify(a) === JSON.stringify(b)

const holder = newId()
async function add(fact: string): Promise<void> {
  const scope = { tenant, actor: 'test', action: 'Test' }
  const write = () =>
    withTenant(sql, scope, async (tx) => {
      await tx`insert into vouchsafe.subjects (tenant_id, id) values (${tenant}, ${holder}) on conflict do nothing`
      await tx`insert into vouchsafe.facts (tenant_id, subject_id, key, value) values (${tenant}, ${holder}, ${fact}, '1')`
    })
  // The pool finds out about a restart by its first statement on each connection.
  for (let attempt = 0; attempt < 10; attempt++) {
    try {
      await write()
      return
    } catch (error) {
      const { cause } = error as { cause?: { code?: string } }
      if (cause?.code === '25006') throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  await write()
}
