import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readArray } from '#postgres/array-text.ts'
import { openPool } from '#postgres/pool.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { faultProxy } from './fault-proxy.ts'

let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

test('arrays of texts come back as they were, whatever is in them', async () => {
  const text = fc
    .oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', 'null', 'NULL', '{}', '"', '\\', ',', ' a ', '\n'),
    )
    .map((made) => made.toWellFormed().replaceAll('\0', ''))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(text), { maxLength: 5 }), async (items) => {
      const [row] = await database.sql<{ back: unknown; many: number }[]>`
        select ${items as string[]}::text[] as back, cardinality(${items as string[]}::text[]) as many`
      expect(row).toEqual({ back: items, many: items.length })
    }),
    { numRuns: 200 },
  )
})

test('arrays of uuids, integers and bigints are read and written; what is text is taken as it is', async () => {
  const id = '01a1fee1-d28c-7000-af89-3f33aad76d87'
  const [row] = await database.sql`
    select ${[id]}::uuid[] as uuids, ${[1, -2]}::int[] as integers, ${[2 ** 53 - 1]}::bigint[] as bigints, ${'{a,b}'}::text[] as given`
  expect(row).toEqual({ uuids: [id], integers: [1, -2], bigints: [2 ** 53 - 1], given: ['a', 'b'] })
  await expect(database.sql`select array[9007199254740993]`).rejects.toThrow('beyond')
  expect(() => readArray('{{1},{2}}')).toThrow('one dimension')
})

test('F8 a connection that is reset at any moment of its start rejects the statement and throws nowhere else', async () => {
  const proxy = await faultProxy(database.url)
  for (let pieces = 0; pieces < 12; pieces++) {
    proxy.cutAfter(pieces)
    const sql = openPool({ url: proxy.url, max: 1 })
    const outcome = await sql`select 1 as one`.then(
      ([row]) => row?.one as unknown,
      (error: { code: string }) => error.code,
    )
    expect([1, 'ECONNRESET', 'CONNECTION_CLOSED']).toContain(outcome)
    await sql.end({ timeout: 0 })
  }
  await proxy.close()
})
