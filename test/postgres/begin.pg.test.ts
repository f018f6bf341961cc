import { afterAll, beforeAll, expect, test } from 'vitest'
import { begin } from '#postgres/begin.ts'
import { openPool } from '#postgres/pool.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'

let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase({ max: 1 })
})
afterAll(() => database.drop())

test('F11 without a free connection a transaction fails in time, and its work is never done later', async () => {
  const { sql } = database
  let release = () => {}
  const held = new Promise<void>((done) => {
    release = done
  })
  const holding = begin(sql, {}, () => held)
  let ran = false
  const work = async () => {
    ran = true
  }
  await expect(begin(sql, { acquireMs: 100 }, work)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
  release()
  await holding
  expect(await begin(sql, {}, async (tx) => [...(await tx`select 1 as one`)])).toEqual([{ one: 1 }])
  expect(ran).toBe(false)
})

test('F4 what the driver keeps for when the database is back fails in time too', async () => {
  const name = new URL(database.url).pathname.slice(1)
  const elsewhere = new URL(database.url)
  elsewhere.pathname = '/postgres'
  const administrator = openPool({ url: elsewhere.href, max: 1 })
  // The driver remembers the statement that was running, and then mistakes each refusal to connect for its failure.
  const running = database.sql`select pg_sleep(60)`.catch((error: { code: string }) => error.code)
  const active = () =>
    administrator`select from pg_stat_activity where datname = ${name} and query ~ '^select pg_sleep'`
  await expect.poll(async () => (await active()).length).toBe(1)
  await administrator.unsafe(`alter database ${name} allow_connections false`)
  await administrator`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`
  expect(await running).toBeTypeOf('string')

  let ran = false
  const work = async () => {
    ran = true
  }
  await expect(begin(database.sql, { acquireMs: 500 }, work)).rejects.toThrow()
  await administrator.unsafe(`alter database ${name} allow_connections true`)
  await administrator.end()
  await expect
    .poll(() => begin(database.sql, {}, async (tx) => (await tx`select 1`).length).catch(() => 0))
    .toBe(1)
  expect(ran).toBe(false)
})
