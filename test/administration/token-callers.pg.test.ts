import { afterAll, beforeAll, expect, test } from 'vitest'
import { addSubject, revokeTokens } from '#admin/people.ts'
import { CallerService } from '#gen/vouchsafe/admin/v1/caller_service_pb.ts'
import { devAudience, devIss } from '#main/dev-issuer.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { company, entitlement, getOrganization, grantEntitlement, holder, listGrants } from './company.ts'
import { failureOf } from './failure-of.ts'

let server: Server
let acme: ReturnType<typeof company>
let tenant: string
beforeAll(async () => {
  server = await startServer()
  acme = company(server)
  tenant = acme.tenant
  await acme.organization('guild')
})
afterAll(() => server?.stop())

const { createCaller, updateCaller } = CallerService.method
/** A person who calls with their own token, and the client of one such token. */
async function personWho(sub: string, ...roles: string[]) {
  const subject = await server.write(tenant, (tx) =>
    addSubject(tx, tenant, { identities: [{ iss: devIss, sub }] }),
  )
  const { caller, revision } = await server.operator.call(createCaller)({
    caller: { name: sub, kind: 'token', roles, subject: `sub_${subject}` },
    tenant,
  })
  await fresh(revision)
  return { client: server.connect(await server.place.token(sub)), subject, caller: caller?.id ?? '' }
}
const fresh = (revision: string) =>
  server.ask('alice', {
    entitlement: 'member',
    consistency: { demand: { case: 'atLeast', value: revision } },
  })
const subjectIdOf = async (sub: string) => (await server.ask(sub, 'member')).subjectId
const nobody = { code: 'CALLER_UNAUTHENTICATED', message: 'The call needs a valid caller credential.' }

test('a person calls with a token of theirs, with the roles of their row', async () => {
  const { client } = await personWho('tina', 'tenant_admin')
  expect((await client.call(getOrganization)({ organization: 'guild' })).organization?.key).toBe('guild')
  const given = await client.call(grantEntitlement)({
    holder: holder.organization('guild'),
    target: entitlement('early_access'),
  })
  expect(given.changed).toBe(true)
  const stream = client.checkStream()
  const token = await server.place.token('alice')
  const subject = { subject: { case: 'accessToken', value: token } } as const
  const answers = await Promise.all([1, 2, 3].map(() => stream.check({ entitlement: 'member', subject })))
  expect(answers.map(({ allowed }) => allowed)).toEqual([false, false, false])
  await stream.end()
})

test('S002-37 a service calls with the JWT of its own that its identity provider gives it', async () => {
  await personWho('reporting-job', 'service')
  const authorization = `Bearer ${await server.place.token('reporting-job')}`
  const read = await fetch(`http://${server.http}/v1/subjects/${await subjectIdOf('alice')}/entitlements`, {
    headers: { authorization },
  })
  expect(read.status).toBe(200)
  expect(await read.json()).toMatchObject({ entitlements: expect.any(Array) })
  const granting = server.connect(authorization.slice('Bearer '.length)).call(grantEntitlement)({
    holder: holder.organization('guild'),
    target: entitlement('early_access'),
  })
  expect(await failureOf(granting)).toMatchObject({ code: 'CALLER_NOT_ALLOWED' })
})

test('S000-16 a worker never grants, also by a token', async () => {
  const { client } = await personWho('wolf', 'tenant_admin', 'worker')
  const attempt = client.call(grantEntitlement)({
    holder: holder.organization('guild'),
    target: entitlement('early_access'),
  })
  expect(await failureOf(attempt)).toMatchObject({ code: 'CALLER_NOT_ALLOWED' })
})

test('whoever is no caller learns nothing: known or not, disabled, taken back, of another tenant, forged', async () => {
  const { client: disabled, caller } = await personWho('dora', 'tenant_admin')
  const { revision } = await server.operator.call(updateCaller)({
    caller: { id: caller, disabled: true },
    updateMask: { paths: ['disabled'] },
    tenant,
  })
  await fresh(revision)
  const { subject: taken } = await personWho('tom', 'tenant_admin')
  const stale = await server.place.token('tom', {}, { issuedAt: Date.now() - 60_000 })
  await server.write(tenant, (tx) => revokeTokens(tx, tenant, taken, Date.now() - 1000))
  const foreign = await server.place.token('tom', {}, { audience: `${devAudience}-globex` })
  const good = await server.place.token('tom')
  const tokens = [
    await server.place.token('alice'),
    await server.place.token('never-seen'),
    stale,
    foreign,
    `${good.slice(0, -6)}AAAAAA`,
    good.split('.').slice(0, 2).join('.'),
    'vch_no_key',
  ]
  expect(await failureOf(disabled.call(listGrants)({ holder: holder.organization('guild') }))).toMatchObject(
    nobody,
  )
  for (const text of tokens) {
    const attempt = server.connect(text).call(getOrganization)({ organization: 'guild' })
    expect(await failureOf(attempt), text.slice(0, 20)).toMatchObject(nobody)
  }
  const back = await server.connect(good).call(getOrganization)({ organization: 'guild' })
  expect(back.organization?.key).toBe('guild')
})

test('a stream of an unknown token ends before anything is asked', async () => {
  const stream = server.connect(await server.place.token('nobody-at-all')).checkStream()
  const subject = { subject: { case: 'accessToken', value: 'x' } } as const
  await expect(stream.check({ entitlement: 'member', subject })).rejects.toMatchObject({ code: 16 })
})

test('a token is one credential: with a key beside it, neither is believed', async () => {
  const token = await server.place.token('tina')
  const both = await fetch(`http://${server.http}/vouchsafe.admin.v1.OrganizationService/GetOrganization`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      'x-internal-token': server.key,
    },
    body: JSON.stringify({ organization: 'guild' }),
  })
  expect(both.status).toBe(401)
  const one = await fetch(`http://${server.http}/vouchsafe.admin.v1.OrganizationService/GetOrganization`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ organization: 'guild' }),
  })
  expect(one.status).toBe(200)
})

test('V28 a token’s caller is of the tenant of the token, whatever it names', async () => {
  const client = server.connect(await server.place.token('tina'))
  const other = client.call(getOrganization)({ organization: 'guild', tenant: 'globex' })
  expect(await failureOf(other)).toMatchObject({ code: 'TENANT_MISMATCH' })
})
