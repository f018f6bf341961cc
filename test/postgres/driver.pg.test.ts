import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPool } from '#postgres/pool.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { faultProxy } from './fault-proxy.ts'

let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

test.each([0, 1, 50])(
  'F8 a transaction whose connection ends between two statements %i ms apart is refused, and the pool goes on',
  async (pause) => {
    const proxy = await faultProxy(database.url)
    const sql = openPool({ url: proxy.url, max: 1 })
    for (let round = 0; round < 5; round++) {
      const broken = sql.begin(async (tx) => {
        await tx`select 1`
        proxy.end()
        await sleep(pause)
        await tx`select 2`
      })
      await expect(broken).rejects.toMatchObject({
        code: expect.stringMatching(/^(CONNECTION_|ECONNRESET|EPIPE)/),
      })
      // The pool is told of the end of a connection by the statement that meets it.
      await expect.poll(() => sql`select 3 as three`.catch(() => [])).toEqual([{ three: 3 }])
    }
    await sql.end({ timeout: 0 })
    await proxy.close()
  },
)

test('F8 who waits for a connection while it is reset gets one, and every answer to what it asked', async () => {
  const proxy = await faultProxy(database.url)
  const sql = openPool({ url: proxy.url, max: 1 })
  for (let round = 0; round < 5; round++) {
    const broken = sql.begin(async (tx) => {
      await tx`select 1`
      proxy.reset()
      await tx`select 2`
    })
    const next = sql.begin(async (tx) => [await tx`select 3 as three`, await tx`select 4 as four`])
    await expect(broken).rejects.toMatchObject({
      code: expect.stringMatching(/^(CONNECTION_|ECONNRESET|EPIPE)/),
    })
    expect(await next).toEqual([[{ three: 3 }], [{ four: 4 }]])
  }
  await sql.end({ timeout: 0 })
  await proxy.close()
})
