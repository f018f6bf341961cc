import { afterAll, beforeAll, expect, test } from 'vitest'
import { grantEntitlement } from '#admin/grant-entitlement.ts'
import { revokeEntitlement } from '#admin/revoke-entitlement.ts'
import { type FreshDatabase, freshDatabase } from '#test/postgres/database.ts'
import { newWorld, type World } from './world.ts'

let database: FreshDatabase
let world: World
beforeAll(async () => {
  database = await freshDatabase()
  world = await newWorld(database.sql)
})
afterAll(() => database.drop())

const docs = () => ({ holder: { subject: world.subject }, target: { entitlement: 'docs' } })

test('F9 a repeat of a request gets the first answer and its revision, whatever happened since', async () => {
  const request = { ...docs(), request_id: 'r-1' }
  const first = await grantEntitlement(world.needs, world.by, request)
  await revokeEntitlement(world.needs, world.by, docs())
  expect(await grantEntitlement(world.needs, world.by, request)).toEqual(first)
  expect(first.changed).toBe(true)
})

test('eight repeats at once are one write with one answer', async () => {
  const request = { ...docs(), source_ref: 'racing', request_id: 'r-2' }
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => grantEntitlement(world.needs, world.by, request)),
  )
  for (const answer of answers) expect(answer).toEqual(answers[0])
  expect(answers[0]?.changed).toBe(true)
})

test('another body, verb or caller under the same request_id is refused', async () => {
  const request = { ...docs(), source_ref: 'once', request_id: 'r-3' }
  await grantEntitlement(world.needs, world.by, request)
  const reused = { code: 'REQUEST_ID_REUSED' }
  await expect(
    grantEntitlement(world.needs, world.by, { ...request, reason: 'other' }),
  ).rejects.toMatchObject(reused)
  await expect(revokeEntitlement(world.needs, world.by, request)).rejects.toMatchObject(reused)
  await expect(
    grantEntitlement(world.needs, { ...world.by, actor: 'clr_other' }, request),
  ).rejects.toMatchObject(reused)
})

test('a request that failed may be tried again under its id', async () => {
  const request = { ...docs(), target: { entitlement: 'later' }, request_id: 'r-4' }
  await expect(grantEntitlement(world.needs, world.by, request)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  const mended = { ...docs(), source_ref: 'mended', request_id: 'r-4' }
  expect((await grantEntitlement(world.needs, world.by, mended)).changed).toBe(true)
})
