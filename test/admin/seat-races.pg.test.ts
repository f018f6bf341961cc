import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Scope } from '#admin/command.ts'
import { grantEntitlement } from '#admin/grant-entitlement.ts'
import { addMember, addOrganization, addSeatPool } from '#admin/organizations.ts'
import { createPageTokens } from '#admin/page-tokens.ts'
import { addSubject } from '#admin/people.ts'
import { giveSeat, takeSeat } from '#admin/seat-holders.ts'
import { acceptInvitation, digest, inviteToSeat } from '#admin/seat-invitations.ts'
import { seatUse } from '#admin/seats.ts'
import type { Tx } from '#postgres/pool.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { newId } from '#postgres/uuid.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { type FreshDatabase, freshDatabase } from '#test/postgres/database.ts'
import { day, newWorld, start, type World } from './world.ts'

let database: FreshDatabase
let world: World
const people: string[] = []
beforeAll(async () => {
  database = await freshDatabase({ max: 16 })
  world = await newWorld(database.sql)
  await write(async (tx) => {
    for (let i = 0; i < 64; i++) people.push(await addSubject(tx, world.by.tenant))
  })
})
afterAll(() => database.drop())

const now = start + day
const scope = (): Scope => ({
  ...world.by,
  now,
  pageTokens: createPageTokens('x'),
  whoHas: async function* () {},
})
const write = <T>(work: (tx: Tx) => Promise<T>) =>
  withTenant(database.sql, { tenant: world.by.tenant, actor: 'test', action: 'Race' }, work)
const outcome = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'done',
    (error: { code: string }) => error.code,
  )
const read = (pool: string) =>
  readTenant(database.sql, world.by.tenant, (tx) => seatUse(tx, world.by.tenant, pool, now))

/** A pool of an organization of its own with everybody in it. */
async function newPool(onShrink: 'keep' | 'block', quantity: number) {
  const key = `o-${newId().slice(-12)}`
  const { result } = await write(async (tx) => {
    const organization = await addOrganization(tx, world.by.tenant, { key })
    for (const subject of people) await addMember(tx, world.by.tenant, { organization, subject })
    const pool = await addSeatPool(tx, world.by.tenant, { organization, key: 'team' })
    await tx`update vouchsafe.seat_pools set on_shrink = ${onShrink} where id = ${pool}`
    return pool
  })
  const buy = (seats: number) =>
    grantEntitlement({ ...world.needs, now: () => now }, world.by, {
      holder: { organization: key },
      target: { plan: 'pro' },
      pool: 'team',
      quantity: seats,
    })
  await buy(quantity)
  return { pool: result, buy }
}

test('S003-47 64 racing allocators over 16 connections get exactly the seats there are', async () => {
  const { pool } = await newPool('keep', 11)
  const outcomes = await Promise.all(
    people.map((subject, n) =>
      outcome(
        n % 4 === 0
          ? write((tx) => inviteToSeat(`code-${pool}-${n}`)(tx, scope(), { pool }))
          : write((tx) => giveSeat(tx, scope(), { pool, person: { subject } })),
      ),
    ),
  )
  expect(outcomes.filter((each) => each === 'done')).toHaveLength(11)
  expect(outcomes.filter((each) => each === 'INSUFFICIENT_SEATS')).toHaveLength(53)
  const { used, invited } = await read(pool)
  expect(used + invited).toBe(11)
})

test('an invitation that 64 try to accept at once gives one seat', async () => {
  const { pool } = await newPool('keep', 5)
  await write((tx) => inviteToSeat(`one-${pool}`)(tx, scope(), { pool }))
  const code = digest(`one-${pool}`).toString('hex')
  const outcomes = await Promise.all(
    people.map((subject) =>
      outcome(write((tx) => acceptInvitation(tx, scope(), { code_sha256: code, person: { subject } }))),
    ),
  )
  expect(outcomes.filter((each) => each === 'done')).toHaveLength(1)
  expect(await read(pool)).toMatchObject({ used: 1, invited: 0 })
})

const move = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('give' as const), who: fc.nat(63) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('take' as const), who: fc.nat(63) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('invite' as const), who: fc.nat(63) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('buy' as const), who: fc.nat(9) }) },
)

test('S003-47 whatever races, a pool that blocks never holds more than it has', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(8), fc.array(move, { minLength: 8, maxLength: 40 }), async (seats, moves) => {
      const { pool, buy } = await newPool('block', seats)
      const code = (n: number) => `race-${pool}-${n}`
      const outcomes = await Promise.all(
        moves.map(({ kind, who }, n) => {
          const person = { subject: people[who] ?? '' }
          if (kind === 'buy') return outcome(buy(who))
          if (kind === 'take') return outcome(write((tx) => takeSeat(tx, scope(), { pool, person })))
          if (kind === 'invite') return outcome(write((tx) => inviteToSeat(code(n))(tx, scope(), { pool })))
          return outcome(write((tx) => giveSeat(tx, scope(), { pool, person })))
        }),
      )
      expect(['done', 'INSUFFICIENT_SEATS', 'FAILED_PRECONDITION']).toEqual(
        expect.arrayContaining([...new Set(outcomes)]),
      )
      const { used, invited, capacity = Number.POSITIVE_INFINITY } = await read(pool)
      expect(used + invited).toBeLessThanOrEqual(capacity)
    }),
    { numRuns: 25 },
  )
}, 120_000)
