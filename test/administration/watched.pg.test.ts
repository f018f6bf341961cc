import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CheckResponse } from '#gen/vouchsafe/v1/decision_pb.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { addMember, company, createDelegation, entitlement, holder, listMembers, person } from './company.ts'
import { failureOf } from './failure-of.ts'
import { since } from './named.ts'
import { rest } from './rest.ts'

const fiveMinutes = 300_000
const bulky = 50
let server: Server
let acme: ReturnType<typeof company>
let tenant: string
beforeAll(async () => {
  server = await startServer({ VOUCHSAFE_BULKY_CHANGE: String(bulky) })
  acme = company(server)
  tenant = acme.tenant
})
afterAll(() => server?.stop())

const metric = async (name: string) => {
  const text = await (await fetch(`http://${server.ops}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1])
}
type Line = Readonly<Record<string, unknown>>
const security = async (kind: string): Promise<readonly Line[]> => {
  const text = await readFile(join(server.place.data, 'security.jsonl'), 'utf8').catch(() => '')
  const lines = text.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as Line).filter((line) => line.kind === kind)
}

/** What a client may keep of answers about a subject: until the clock may change them, for five minutes at most. */
function keeper(ask: () => Promise<CheckResponse>) {
  let kept: { readonly answer: CheckResponse; readonly until: number } | undefined
  return {
    drop: () => {
      kept = undefined
    },
    get keptFor() {
      return kept === undefined ? 0 : kept.until - Date.now()
    },
    async allowed(): Promise<boolean> {
      if (kept === undefined || kept.until <= Date.now()) {
        const answer = await ask()
        const { expiresAt } = answer
        const clock = expiresAt ? Number(expiresAt.seconds) * 1000 : Number.POSITIVE_INFINITY
        kept = { answer, until: Math.min(Date.now() + fiveMinutes, clock) }
      }
      return kept.answer.allowed
    },
  }
}

test('S003-50 what is kept of an answer ends with expires_at or after five minutes, and Watch says when to drop it before', async () => {
  const target = entitlement('early_access')
  const { grant, revision } = await server.operator.grant({ holder: holder.person('kate'), target, tenant })
  const subject = grant?.holder?.holder.value as string
  const about = { subject: { case: 'principal', value: { id: subject } } } as const
  const question = { subject: about, entitlement: 'early_access', tenant, consistency: since(revision) }
  const answers = keeper(() => server.operator.check(question))
  expect(await answers.allowed()).toBe(true)
  expect(answers.keptFor).toBeLessThanOrEqual(fiveMinutes)

  const changes = server.operator.watch({ tenant, after: revision })
  const dropped = (async () => {
    for await (const { event } of changes) {
      if (event.case !== 'change') continue
      const { subjects, tenantWide } = event.value
      if (!tenantWide && !subjects.includes(subject)) continue
      answers.drop()
      return
    }
  })()
  // What happens to others drops nothing.
  await server.operator.grant({ holder: holder.person('liam'), target, tenant })
  expect(await answers.allowed()).toBe(true)
  await server.operator.revoke({ holder: holder.person('kate'), target, tenant })
  await dropped
  expect(await answers.allowed()).toBe(false)

  const soon = new Date(Date.now() + 60_000)
  const endsAt = { seconds: BigInt(Math.floor(soon.getTime() / 1000)), nanos: 0 }
  const ending = await server.operator.grant({
    holder: holder.person('kate'),
    target,
    tenant,
    endsAt,
  } as never)
  answers.drop()
  const fresh = keeper(() => server.operator.check({ ...question, consistency: since(ending.revision) }))
  expect(await fresh.allowed()).toBe(true)
  expect(fresh.keptFor).toBeLessThanOrEqual(60_000)
})

test.each([
  ['GET', '/v1/subjects/alice/entitlements?tenant=acme', undefined, 200],
  ['GET', '/v1/subjects/alice/summary?tenant=acme', undefined, 200],
  ['GET', '/v1/admin/users/alice/entitlements?tenant=acme', undefined, 200],
  ['GET', '/api/v1/entitlements?tenant=acme&user_id=alice', undefined, 200],
  ['POST', '/vouchsafe.admin.v1.ProductService/ListProducts', { tenant: 'acme' }, 200],
  ['GET', '/v1/subjects/nobody-at-all/entitlements?tenant=globex-not', undefined, 403],
  ['POST', '/v1/access', {}, 400],
  ['GET', '/no-such-path', undefined, 404],
] as const)('S003-50 no cache on the way keeps the answer of %s %s', async (verb, path, body, status) => {
  const reply = await fetch(`http://${server.http}${path}`, {
    method: verb,
    headers: {
      authorization: `Bearer ${server.key}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  expect([reply.status, reply.headers.get('cache-control')]).toEqual([status, 'no-store'])
})

test('S003-50 people see their own rows alone, whatever they ask for', async () => {
  const target = entitlement('early_access')
  const { grant } = await server.operator.grant({ holder: holder.person('mona'), target, tenant })
  const mona = grant?.holder?.holder.value as string
  const token = await server.place.token('nils')
  // A service asks for the bearer of a token: the token says who, and nothing beside it.
  const { client, key } = await server.caller(tenant, 'gateway')
  const bearer = { subject: { case: 'accessToken', value: token } } as const
  const { entitlements } = await client.listEntitlements({ subject: bearer })
  expect(entitlements.map((held) => held.key)).not.toContain('early_access')
  // The token as a caller's own credential, or a caller that only asks, reads nobody's stored rows.
  const nils = server.connect(token)
  expect(await failureOf(nils.listGrants({ holder: holder.person('mona') }))).toMatchObject({
    code: expect.stringMatching(/CALLER_NOT_ALLOWED|UNAUTHENTICATED|CALLER/),
  })
  expect(await failureOf(client.listGrants({ holder: holder.person('mona') }))).toMatchObject({
    code: 'CALLER_NOT_ALLOWED',
  })
  for (const path of [
    `/api/v1/entitlements?user_id=${mona}`,
    `/v1/admin/users/${mona}/entitlements`,
    `/v1/subjects/${mona}/entitlements`,
  ])
    for (const credential of [token, key]) {
      const reply = await rest(server, 'GET', path, undefined, { authorization: `Bearer ${credential}` })
      expect([401, 403]).toContain(reply.status)
      expect(JSON.stringify(reply.body)).not.toContain('early_access')
    }
})

test('S003-50 an organization’s administrator sees the rows of that organization alone', async () => {
  await acme.organization('north')
  await acme.organization('south')
  await acme.member('north', 'olga')
  await acme.member('north', 'paul')
  await acme.member('south', 'quin')
  const target = entitlement('early_access')
  await acme.module('school', 'delegated_admin')
  for (const [sub, scopeOrganization, module] of [
    ['paul', 'north', 'school'],
    ['paul', '', ''],
    ['quin', 'south', 'school'],
  ] as const)
    await server.operator.grant({ holder: holder.person(sub), target, tenant, scopeOrganization, module })
  const { revision } = await server.operator.call(createDelegation)({
    delegation: { delegate: person('olga'), organization: 'north', module: 'school', mayGrant: [target] },
    tenant,
  })
  await server.operator.check({
    subject: { subject: { case: 'accessToken', value: await server.place.token('olga') } },
    entitlement: 'member',
    consistency: since(revision),
  })
  const olga = server.connect(await server.place.token('olga'))
  const { grants } = await olga.listGrants({ holder: holder.person('paul') })
  expect(grants.map(({ scopeOrganization }) => scopeOrganization)).toEqual([expect.stringMatching(/^org_/)])
  const { members } = await olga.call(listMembers)({ organization: 'north' })
  expect(members).toHaveLength(2)
  const theirs = await olga.listGrants({ holder: holder.person('quin') })
  expect(theirs).toMatchObject({ grants: [] })
  for (const beyond of [
    () => olga.call(listMembers)({ organization: 'south' }),
    () => olga.call(addMember)({ organization: 'south', person: person('paul') }),
  ])
    expect(await failureOf(beyond())).toMatchObject({ code: 'CALLER_NOT_ALLOWED' })
})

test('S003-50 a change of many rows is counted and noted, with its actor and its size; a small one is not', async () => {
  const before = (await metric('vouchsafe_bulk_changes_total')) || 0
  await server.operator.grant({ holder: holder.person('rita'), target: entitlement('early_access'), tenant })
  const people = (count: number) =>
    server.write(
      tenant,
      (tx) => tx`insert into vouchsafe.subjects (tenant_id, id)
        select ${tenant}, gen_random_uuid() from generate_series(1, ${count})`,
    )
  await people(bulky - 1)
  expect(await metric('vouchsafe_bulk_changes_total')).toBe(before)
  await people(bulky)
  expect(await metric('vouchsafe_bulk_changes_total')).toBe(before + 1)
  // More than the feed applies as a change: the tenant is loaded again, and it is told once all the same.
  await people(6000)
  expect(await metric('vouchsafe_bulk_changes_total')).toBe(before + 2)
  await expect.poll(() => security('bulk_change').then((lines) => lines.length)).toBeGreaterThanOrEqual(2)
  const lines = await security('bulk_change')
  expect(lines.slice(-2)).toMatchObject([
    { tenant, caller: 'test', reason: 'Test', effects: bulky },
    { tenant, caller: 'test', reason: 'Test', effects: 6000 },
  ])
})

test('S003-50 a try at another tenant is counted and noted with who tried, by whatever it names it', async () => {
  const before = await metric('vouchsafe_cross_tenant_tries_total')
  const { client } = await server.caller(tenant, 'tenant_admin', 'service')
  const { globex } = server.place.tenants
  const target = entitlement('early_access')
  const foreign = await server.place.token('gus', {}, { audience: 'globex' })
  const tries = [
    () => client.listGrants({ holder: holder.person('alice'), tenant: globex }),
    () => client.grant({ holder: holder.person('alice'), target, tenant: 'globex' }),
    () =>
      client.check({
        subject: { subject: { case: 'principal', value: { id: 'sub_x' } } },
        entitlement: 'member',
        tenant: 'globex',
      }),
  ]
  for (const each of tries) expect(await failureOf(each())).toMatchObject({ code: 'TENANT_MISMATCH' })
  expect(await metric('vouchsafe_cross_tenant_tries_total')).toBe(before + tries.length)
  const bearer = { subject: { case: 'accessToken', value: foreign } } as const
  await client.check({ subject: bearer, entitlement: 'member' }).catch(() => undefined)
  // A caller's own tenant by its key is no try.
  await client.listGrants({ holder: holder.person('alice'), tenant: 'acme' })
  await expect
    .poll(async () => (await security('cross_tenant')).filter((line) => line.tenant === tenant).length)
    .toBeGreaterThanOrEqual(3)
  // The operator's try above is of no tenant.
  const lines = (await security('cross_tenant')).filter((line) => line.tenant === tenant)
  expect(lines.length).toBeGreaterThanOrEqual(tries.length)
  for (const line of lines) expect(line).toMatchObject({ reason: 'TENANT_MISMATCH' })
  expect(new Set(lines.map(({ caller }) => caller)).size).toBe(1)
})
