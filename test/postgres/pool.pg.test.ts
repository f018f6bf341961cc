import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from './database.ts'

let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

test('a timestamp is written as a Date and read as milliseconds, a bigint read as a number', async () => {
  const at = Date.UTC(2026, 10, 21, 12, 30, 15, 123)
  const [row] =
    await database.sql`select ${new Date(at)}::timestamptz(3) as at, 7::bigint as big, '{"a":[1]}'::jsonb as doc`
  expect(row).toEqual({ at, big: 7, doc: { a: [1] } })
})

test('a bigint beyond the safe range is an error, not a wrong number', async () => {
  await expect(database.sql`select 9007199254740993::bigint as big`).rejects.toThrow('beyond')
})
