import { setTimeout as sleep } from 'node:timers/promises'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { said } from '#test/end-to-end/said.ts'
import { type Server, serve, startServer } from '#test/end-to-end/server.ts'
import {
  company,
  getSeatPool,
  inviteToSeat,
  listSeats,
  person,
  releaseSeat,
  revokeEntitlement,
  updateSeatPool,
} from './company.ts'
import { failureOf } from './failure-of.ts'

let server: Server
let acme: ReturnType<typeof company>
let tenant: string
beforeAll(async () => {
  server = await startServer()
  acme = company(server)
  tenant = acme.tenant
})
afterAll(() => server?.stop())

const call: Server['operator']['call'] = (method) => server.operator.call(method)
const people = ['ann', 'ben', 'cat'] as const
const answersOf = async (organization: string, revision: string) => {
  const answers: string[] = []
  for (const sub of people) {
    const consistency = { demand: { case: 'atLeast', value: revision } } as const
    const question = { entitlement: 'enterprise_sso', context: { organization }, consistency }
    answers.push(said(await server.ask(sub, question)))
  }
  return answers
}
/** An organization whose three people sit on three bought seats. */
async function seated(key: string, onShrink: string) {
  await acme.organization(key)
  const pool = await acme.pool(key, 'team', onShrink)
  const { grant } = await acme.buy(key, 'team', 3, { sourceRef: key })
  for (const sub of people) {
    await acme.member(key, sub)
    await acme.assign(pool, sub)
  }
  return { pool, grant: grant?.id ?? '' }
}

test('S003-47 keep: seats beyond a smaller purchase stay, and are reported as over', async () => {
  const { pool } = await seated('lenient', 'keep')
  const shrunk = await acme.buy('lenient', 'team', 1, { sourceRef: 'lenient' })
  expect(shrunk).toMatchObject({
    changed: true,
    grant: { quantity: 1 },
    shrunkPools: [{ pool, rule: 'keep', capacity: 1, used: 3, over: 2 }],
  })
  expect(await answersOf('lenient', shrunk.revision)).toEqual(['yes SEAT', 'yes SEAT', 'yes SEAT'])
  expect((await call(getSeatPool)({ pool, tenant })).pool).toMatchObject({ used: 3, over: 2 })
  expect(await failureOf(acme.assign(pool, 'dan'))).toMatchObject({ code: 'FAILED_PRECONDITION' })
  const grown = await acme.buy('lenient', 'team', 4, { sourceRef: 'lenient' })
  expect(grown.shrunkPools).toEqual([])
})

test('S003-47 suspend_newest: those assigned last stop counting at once, and count again when there are enough', async () => {
  const { pool } = await seated('strict', 'suspend_newest')
  const shrunk = await acme.buy('strict', 'team', 1, { sourceRef: 'strict' })
  expect(shrunk.shrunkPools).toMatchObject([{ rule: 'suspend_newest', over: 2 }])
  const suspended = 'no SEAT_SUSPENDED'
  expect(await answersOf('strict', shrunk.revision)).toEqual(['yes SEAT', suspended, suspended])
  const { seats } = await call(listSeats)({ pool, tenant })
  expect(seats.map(({ counts }) => counts)).toEqual([true, false, false])
  // The oldest leaves: the next one moves up.
  const freed = await call(releaseSeat)({ pool, person: person('ann'), tenant })
  expect(await answersOf('strict', freed.revision)).toEqual(['no SEAT_REQUIRED', 'yes SEAT', suspended])
  const grown = await acme.buy('strict', 'team', 2, { sourceRef: 'strict' })
  expect(await answersOf('strict', grown.revision)).toEqual(['no SEAT_REQUIRED', 'yes SEAT', 'yes SEAT'])
})

test('S003-47 the capacity follows the clock: when a purchase ends, seats are suspended with no write and no job', async () => {
  const { grant } = await seated('fleeting', 'suspend_newest')
  const ends = Date.now() + 4000
  await acme.buy('fleeting', 'team', 2, { sourceRef: 'short', endsAt: timestampFromMs(ends) })
  const { revision } = await call(revokeEntitlement)({ grantId: grant, tenant })
  const lasting = await acme.buy('fleeting', 'team', 1, { sourceRef: 'long' })
  const before = await answersOf('fleeting', lasting.revision)
  expect(before.map((answer) => answer.slice(0, 3))).toEqual(['yes', 'yes', 'yes'])
  const answer = await server.ask('cat', {
    entitlement: 'enterprise_sso',
    context: { organization: 'fleeting' },
  })
  expect(Number(answer.expiresAt?.seconds)).toBe(Math.floor(ends / 1000))
  await sleep(ends + 50 - Date.now())
  expect(await answersOf('fleeting', revision)).toEqual([
    'yes SEAT',
    'no SEAT_SUSPENDED',
    'no SEAT_SUSPENDED',
  ])
})

test('S003-47 block: what would shrink the pool below its people is refused with the numbers, and nothing changes', async () => {
  const { pool, grant } = await seated('adamant', 'block')
  const numbers = { code: 'FAILED_PRECONDITION', pool, rule: 'block', used: '3', invited: '0' }
  const smaller = acme.buy('adamant', 'team', 2, { sourceRef: 'adamant' })
  expect(await failureOf(smaller)).toMatchObject({ ...numbers, capacity: '2' })
  const revoked = call(revokeEntitlement)({ grantId: grant, tenant })
  expect(await failureOf(revoked)).toMatchObject({ ...numbers, capacity: '0' })
  expect((await call(getSeatPool)({ pool, tenant })).pool).toMatchObject({ capacity: 3, used: 3 })
  await call(releaseSeat)({ pool, person: person('cat'), tenant })
  const shrunk = await acme.buy('adamant', 'team', 2, { sourceRef: 'adamant' })
  expect(shrunk.shrunkPools).toMatchObject([{ rule: 'block', capacity: 2, used: 2, over: 0 }])
  await call(releaseSeat)({ pool, person: person('ben'), tenant })
  await call(inviteToSeat)({ pool, tenant })
  const promised = acme.buy('adamant', 'team', 1, { sourceRef: 'adamant' })
  expect(await failureOf(promised)).toMatchObject({ ...numbers, used: '1', invited: '1', capacity: '1' })
})

test('what has become of a pool’s seats follows a change of its rule', async () => {
  const { pool } = await seated('changing', 'keep')
  await acme.buy('changing', 'team', 1, { sourceRef: 'changing' })
  const change = (onShrink: string, etag = '') =>
    call(updateSeatPool)({ pool: { id: pool, onShrink, etag }, updateMask: { paths: ['on_shrink'] }, tenant })
  const strict = await change('suspend_newest')
  expect((await answersOf('changing', strict.revision))[2]).toBe('no SEAT_SUSPENDED')
  const kept = await change('keep', strict.pool?.etag ?? '')
  expect((await answersOf('changing', kept.revision))[2]).toBe('yes SEAT')
  expect(await failureOf(change('block', strict.pool?.etag ?? ''))).toMatchObject({ code: 'ETAG_MISMATCH' })
  const moved = call(updateSeatPool)({ pool: { id: pool, key: 'x' }, updateMask: { paths: ['key'] }, tenant })
  expect(await failureOf(moved)).toMatchObject({ code: 'INVALID_FIELD', field: 'update_mask' })
})

test('a server that starts anew suspends the same seats', async () => {
  await seated('reloaded', 'suspend_newest')
  await acme.buy('reloaded', 'team', 2, { sourceRef: 'reloaded' })
  const other = await serve(server.place, { key: server.key })
  try {
    const answer = await other.ask('cat', {
      entitlement: 'enterprise_sso',
      context: { organization: 'reloaded' },
    })
    expect(said(answer)).toBe('no SEAT_SUSPENDED')
    const older = await other.ask('ben', {
      entitlement: 'enterprise_sso',
      context: { organization: 'reloaded' },
    })
    expect(said(older)).toBe('yes SEAT')
  } finally {
    await other.stop()
  }
})
