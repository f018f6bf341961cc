import { afterAll, beforeAll, expect, test } from 'vitest'
import { grantEntitlement } from '#admin/grant-entitlement.ts'
import { addSubject } from '#admin/people.ts'
import { assignSeat, releaseSeat, seatUse } from '#admin/seats.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { type FreshDatabase, freshDatabase } from '#test/postgres/database.ts'
import { day, newWorld, start, type World } from './world.ts'

let database: FreshDatabase
let world: World
const people: string[] = []
beforeAll(async () => {
  database = await freshDatabase({ max: 32 })
  world = await newWorld(database.sql)
  await withTenant(database.sql, scope('AddPeople'), async (tx) => {
    for (let i = 0; i < 32; i++) people.push(await addSubject(tx, world.by.tenant))
  })
  const buy = (quantity: number, source_ref: string, ends_at?: number) =>
    grantEntitlement(world.needs, world.by, {
      holder: { organization: 'company' },
      target: { plan: 'pro' },
      pool: 'team',
      quantity,
      source_ref,
      ...(ends_at !== undefined && { ends_at }),
    })
  await buy(3, 'first')
  await buy(4, 'second')
  await buy(9, 'over', start + 1)
  world.at(start + day)
})
afterAll(() => database.drop())

const scope = (action: string) => ({ tenant: world.by.tenant, actor: 'test', action })
const assign = (subject: string) =>
  withTenant(database.sql, scope('AssignSeat'), (tx) =>
    assignSeat(tx, world.by.tenant, { pool: world.pool, subject }, { actor: 'test', now: start + day }),
  )
const use = () =>
  readTenant(database.sql, world.by.tenant, (tx) => seatUse(tx, world.by.tenant, world.pool, start + day))

test('S003-47 S003-16 32 at once get exactly the seats that the running purchases add up to', async () => {
  const outcomes = await Promise.all(
    people.map((subject) =>
      assign(subject).then(
        () => 'seat',
        (error: { code: string }) => error.code,
      ),
    ),
  )
  expect(outcomes.filter((outcome) => outcome === 'seat')).toHaveLength(7)
  expect(outcomes.filter((outcome) => outcome === 'INSUFFICIENT_SEATS')).toHaveLength(25)
  expect(await use()).toEqual({ used: 7, invited: 0, capacity: 7 })
})

test('who has a seat keeps it without a change, a released one can be given again', async () => {
  const [holder] = await readTenant(
    database.sql,
    world.by.tenant,
    (tx) => tx<{ subject_id: string }[]>`
    select subject_id from vouchsafe.seats where released_at is null limit 1`,
  )
  const held = holder?.subject_id as string
  expect((await assign(held)).changed).toBe(false)
  const release = () =>
    withTenant(database.sql, scope('ReleaseSeat'), (tx) =>
      releaseSeat(tx, world.by.tenant, { pool: world.pool, subject: held }, { now: start + day }),
    )
  expect((await release()).result).toEqual({ released: true })
  expect(await release()).toMatchObject({ result: { released: false }, changed: false })
  expect((await assign(held)).changed).toBe(true)
  expect(await use()).toEqual({ used: 7, invited: 0, capacity: 7 })
})
