import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { said } from '#test/end-to-end/said.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import {
  acceptInvitation,
  assignSeat,
  cancelInvitation,
  company,
  createSeatPool,
  getSeatPool,
  inviteToSeat,
  listInvitations,
  listSeatPools,
  listSeats,
  person,
  releaseSeat,
  removeMember,
  revokeEntitlement,
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
const ask = async (sub: string, organization: string, revision: string) =>
  said(
    await server.ask(sub, {
      entitlement: 'enterprise_sso',
      context: { organization },
      consistency: { demand: { case: 'atLeast', value: revision } },
    }),
  )
/** A company with people and a pool of so many seats. */
async function stocked(key: string, quantity: number | undefined, ...people: string[]) {
  await acme.organization(key)
  for (const sub of people) await acme.member(key, sub)
  const pool = await acme.pool(key, 'team')
  const bought = await acme.buy(key, 'team', quantity)
  return { pool, bought }
}
const use = async (pool: string) => {
  const { pool: shown } = await call(getSeatPool)({ pool, tenant })
  const { used, invited, over, capacity } = shown ?? {}
  return { used, invited, over, capacity }
}

test('S003-4 S003-16 an organization hands out the seats it bought, and each is seen at once', async () => {
  const { pool, bought } = await stocked('massive', 2, 'ann', 'ben', 'cat')
  expect(await ask('ann', 'massive', bought.revision)).toBe('no SEAT_REQUIRED')
  const first = await acme.assign(pool, 'ann')
  expect(first).toMatchObject({ changed: true, pool: { used: 1, capacity: 2 }, seat: { counts: true } })
  expect(await ask('ann', 'massive', first.revision)).toBe('yes SEAT')
  expect(await acme.assign(pool, 'ann')).toMatchObject({ changed: false, seat: { id: first.seat?.id } })
  await acme.assign(pool, 'ben')
  expect(await failureOf(acme.assign(pool, 'cat'))).toMatchObject({
    code: 'INSUFFICIENT_SEATS',
    pool,
    capacity: '2',
    used: '2',
  })
  const free = await call(releaseSeat)({ pool, person: person('ann'), tenant })
  expect(free).toMatchObject({ released: true, pool: { used: 1 } })
  expect(await ask('ann', 'massive', free.revision)).toBe('no SEAT_REQUIRED')
  expect(await call(releaseSeat)({ pool, person: person('ann'), tenant })).toMatchObject({ released: false })
  await acme.assign(pool, 'cat')
  const { seats } = await call(listSeats)({ pool, tenant })
  expect(seats.map(({ subject }) => subject)).toHaveLength(2)
  const all = await call(listSeats)({ pool, includeReleased: true, pageSize: 2, tenant })
  const rest = await call(listSeats)({ pool, includeReleased: true, pageToken: all.nextPageToken, tenant })
  expect([...all.seats, ...rest.seats].map(({ counts }) => counts)).toEqual([false, true, true])
})

test('S003-47 a change of plan keeps the people: capacity is what all running purchases add up to', async () => {
  const { pool, bought } = await stocked('veridian', 2, 'ann', 'ben')
  await acme.assign(pool, 'ann')
  await acme.assign(pool, 'ben')
  const target = { target: { case: 'plan', value: 'pro' } } as const
  await acme.buy('veridian', 'team', 3, { target, sourceRef: 'contract-2' })
  const ended = await call(revokeEntitlement)({ grantId: bought.grant?.id ?? '', tenant })
  expect(ended.shrunkPools).toMatchObject([{ pool, rule: 'keep', capacity: 3, used: 2, over: 0 }])
  expect(await use(pool)).toEqual({ used: 2, invited: 0, over: 0, capacity: 3 })
  const answer = await server.ask('ann', {
    entitlement: 'reports',
    context: { organization: 'veridian' },
    consistency: { demand: { case: 'atLeast', value: ended.revision } },
  })
  expect(answer.allowed).toBe(true)
})

test('a purchase without a quantity is without limit', async () => {
  const { pool } = await stocked('endless', undefined, 'ann', 'ben')
  await acme.assign(pool, 'ann')
  await acme.assign(pool, 'ben')
  expect(await use(pool)).toEqual({ used: 2, invited: 0, over: 0, capacity: undefined })
})

test('S003-47 a purchase of no seats is one of none, not of as many as there are', async () => {
  const { pool, bought } = await stocked('empty', 0, 'ann')
  expect(bought.grant?.quantity).toBe(0)
  expect(await failureOf(acme.assign(pool, 'ann'))).toMatchObject({
    code: 'INSUFFICIENT_SEATS',
    capacity: '0',
  })
})

test('a seat is only for those whom the organization’s rights reach', async () => {
  const { pool } = await stocked('narrow', 2, 'ann')
  await acme.organization('narrow-team', 'narrow')
  await acme.member('narrow-team', 'tom')
  await acme.organization('elsewhere')
  await acme.member('elsewhere', 'eve')
  await acme.assign(pool, 'tom')
  expect(await failureOf(acme.assign(pool, 'eve'))).toMatchObject({ code: 'FAILED_PRECONDITION', pool })
  expect(await failureOf(acme.assign(pool, 'nobody-at-all'))).toMatchObject({ code: 'NOT_FOUND' })
})

test('who leaves the organization leaves the seats that nothing else reaches', async () => {
  const { pool } = await stocked('leaky', 2, 'ann')
  await acme.organization('leaky-team', 'leaky')
  await acme.member('leaky-team', 'ann')
  await acme.assign(pool, 'ann')
  const leave = (organization: string) => call(removeMember)({ organization, person: person('ann'), tenant })
  expect(await leave('leaky')).toMatchObject({ removed: true, releasedSeats: 0 })
  expect(await leave('leaky-team')).toMatchObject({ removed: true, releasedSeats: 1 })
  expect(await use(pool)).toMatchObject({ used: 0 })
})

test('S003-16 an invitation holds a place until somebody brings its code, once', async () => {
  const { pool } = await stocked('inviting', 1, 'ann')
  const requestId = '0d6f1e0c-7a54-4a0e-9a6e-0c9a5b1a7d01'
  const asked = { pool, requestId, tenant }
  const { code, invitation } = await call(inviteToSeat)(asked)
  expect(code.length).toBeGreaterThan(30)
  expect(await call(inviteToSeat)(asked)).toMatchObject({ code: '', invitation: { id: invitation?.id } })
  expect(await use(pool)).toMatchObject({ used: 0, invited: 1 })
  expect(await failureOf(acme.assign(pool, 'ann'))).toMatchObject({ code: 'INSUFFICIENT_SEATS' })
  expect(await failureOf(call(inviteToSeat)({ pool, tenant }))).toMatchObject({ code: 'INSUFFICIENT_SEATS' })

  const portal = await server.caller(tenant, 'service')
  const accept = async (sub: string, text = code) => {
    const accepter = { case: 'accessToken', value: await server.place.token(sub) } as const
    return portal.client.call(acceptInvitation)({ code: text, accepter })
  }
  expect(await failureOf(accept('new-hire', `${code}x`))).toMatchObject({ code: 'NOT_FOUND' })
  const taken = await accept('new-hire')
  expect(await ask('new-hire', 'inviting', taken.revision)).toBe('yes SEAT')
  expect((await accept('new-hire')).seat?.id).toBe(taken.seat?.id)
  expect(await failureOf(accept('late-comer'))).toMatchObject({
    code: 'FAILED_PRECONDITION',
    state: 'accepted',
  })
  expect(await use(pool)).toEqual({ used: 1, invited: 0, over: 0, capacity: 1 })
})

test('of a code only its digest is stored, in no table and no history its text', async () => {
  const { pool } = await stocked('discreet', 1)
  const requestId = '0d6f1e0c-7a54-4a0e-9a6e-0c9a5b1a7d02'
  const { code } = await call(inviteToSeat)({ pool, requestId, tenant })
  const digest = createHash('sha256').update(code).digest('hex')
  const texts = await server.write(
    tenant,
    (tx) => tx<{ text: string }[]>`
      select to_jsonb(i)::text as text from vouchsafe.seat_invitations i
      union all select to_jsonb(o)::text from vouchsafe.operations o
      union all select to_jsonb(e)::text from vouchsafe.effect e`,
  )
  expect(texts.some(({ text }) => text.includes(digest))).toBe(true)
  expect(texts.some(({ text }) => text.includes(code))).toBe(false)
})

test('an invitation that is cancelled or over gives its place free and no seat', async () => {
  const { pool } = await stocked('fickle', 1, 'ann')
  const first = await call(inviteToSeat)({ pool, tenant })
  const cancel = () => call(cancelInvitation)({ invitation: first.invitation?.id ?? '', tenant })
  expect((await cancel()).invitation?.state).toBe('cancelled')
  expect((await cancel()).invitation?.state).toBe('cancelled')
  const accept = (code: string) =>
    call(acceptInvitation)({ code, accepter: { case: 'person', value: person('ann') }, tenant })
  expect(await failureOf(accept(first.code))).toMatchObject({ code: 'NOT_FOUND' })
  const second = await call(inviteToSeat)({ pool, tenant })
  const id = second.invitation?.id.slice('inv_'.length) ?? ''
  await server.write(
    tenant,
    (tx) => tx`update vouchsafe.seat_invitations
      set created_at = now() - interval '2 hours', expires_at = now() - interval '1 hour' where id = ${id}`,
  )
  expect(await failureOf(accept(second.code))).toMatchObject({
    code: 'FAILED_PRECONDITION',
    state: 'expired',
  })
  expect(await use(pool)).toMatchObject({ used: 0, invited: 0 })
  await acme.assign(pool, 'ann')
  const { invitations } = await call(listInvitations)({ pool, tenant })
  expect(invitations.map(({ state }) => state)).toEqual(['cancelled', 'expired'])
})

test.each(['worker', 'gateway', 'auditor', 'service', 'delegate'] as const)(
  'S000-16 a caller that is only a %s hands out no seat',
  async (role) => {
    const { pool } = await stocked(`closed-to-${role}`, 1, 'ann')
    const { client } = await server.caller(tenant, role)
    const attempts = [
      () => client.call(assignSeat)({ pool, person: person('ann') }),
      () => client.call(releaseSeat)({ pool, person: person('ann') }),
      () => client.call(inviteToSeat)({ pool }),
      () => client.call(createSeatPool)({ pool: { organization: `closed-to-${role}`, key: 'more' } }),
    ]
    for (const attempt of attempts)
      expect(await failureOf(attempt())).toMatchObject({ code: 'CALLER_NOT_ALLOWED' })
  },
)

test('S000-16 a worker that is an administrator too accepts no invitation and assigns no seat', async () => {
  const { pool } = await stocked('two-faced', 1, 'ann')
  const { code } = await call(inviteToSeat)({ pool, tenant })
  const { client } = await server.caller(tenant, 'tenant_admin', 'worker', 'service')
  const accepter = { case: 'person', value: person('ann') } as const
  expect(await failureOf(client.call(acceptInvitation)({ code, accepter }))).toMatchObject({
    code: 'CALLER_NOT_ALLOWED',
  })
  expect(await failureOf(client.call(assignSeat)({ pool, person: person('ann') }))).toMatchObject({
    code: 'CALLER_NOT_ALLOWED',
  })
})

test('V28 another tenant finds no pool and no invitation', async () => {
  const { pool } = await stocked('secret', 1, 'ann')
  const { code } = await call(inviteToSeat)({ pool, tenant })
  const { client } = await server.caller(server.place.tenants.globex, 'tenant_admin')
  const attempts = [
    () => client.call(getSeatPool)({ pool }),
    () => client.call(listSeats)({ pool }),
    () => client.call(listSeatPools)({ organization: 'secret' }),
    () => client.call(inviteToSeat)({ pool }),
    () => client.call(assignSeat)({ pool, person: person('alice') }),
    () => client.call(acceptInvitation)({ code, accepter: { case: 'person', value: person('alice') } }),
  ]
  for (const attempt of attempts) expect(await failureOf(attempt())).toMatchObject({ code: 'NOT_FOUND' })
})
