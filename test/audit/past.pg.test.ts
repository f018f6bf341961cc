import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeRevision } from '#core/revision.ts'
import type { CheckResponse } from '#gen/vouchsafe/v1/decision_pb.ts'
import { devIss } from '#main/dev-issuer.ts'
import { newId } from '#postgres/uuid.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { failureOf } from '#test/administration/failure-of.ts'
import { newTenant } from '#test/end-to-end/new-tenant.ts'
import { said } from '#test/end-to-end/said.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import type { Stand } from '#test/snapshot/stand.ts'
import { doStep, makeWorld, step, type World } from '#test/snapshot/world.ts'

let server: Server
let tenant: string
beforeAll(async () => {
  server = await startServer({ VOUCHSAFE_LOG_LEVEL: 'error' })
  tenant = server.place.tenants.acme
})
afterAll(() => server?.stop())

const named = (subject: string, issuer = devIss) =>
  ({ subject: { case: 'principal', value: { issuer, subject } } }) as const
const explain = (subject: string, entitlement: string, more: object) =>
  server.operator.explain({ check: { subject: named(subject), entitlement, tenant }, ...more })
const dated = (at: Date) =>
  ({
    case: 'time',
    value: { seconds: BigInt(Math.floor(at.getTime() / 1000)), nanos: (at.getTime() % 1000) * 1e6 },
  }) as const

test('S003-13 did they have it then? answered at a time, a number and a revision token', async () => {
  const to = { holder: { case: 'identity', value: { issuer: devIss, subject: 'past' } } } as const
  const target = { target: { case: 'entitlement', value: 'enterprise_sso' } } as const
  const given = await server.operator.grant({ holder: to, target, tenant })
  const { response, at } = await explain('past', 'enterprise_sso', {
    at: { case: 'dataRevision', value: given.revision },
  })
  expect(said(response as CheckResponse)).toBe('yes GRANTED')
  expect(response?.dataRevision).toBe(given.revision)
  const then = new Date(Number(at?.seconds) * 1000 + (at?.nanos ?? 0) / 1e6)
  const taken = await server.operator.revoke({ holder: to, target, tenant })
  const answer = async (more: object) =>
    said((await explain('past', 'enterprise_sso', more)).response as CheckResponse)
  const fresh = { consistency: { demand: { case: 'atLeast', value: taken.revision } } } as const
  const now = await server.operator.check({
    subject: named('past'),
    entitlement: 'enterprise_sso',
    tenant,
    ...fresh,
  })
  expect(said(now)).toMatch(/^no /)
  expect(await answer({ at: dated(then) })).toBe('yes GRANTED')
  expect(await answer({ at: dated(new Date(then.getTime() - 1)) })).toBe('no NO_GRANT')
  expect(await answer({ at: { case: 'dataRevision', value: taken.revision } })).toBe(said(now))
})

test('it names the bundle that decided, and whether it is the one of then', async () => {
  const first = await explain('alice', 'docs_paid', { at: { case: 'number', value: 1n } })
  expect(first).toMatchObject({ bundleMatch: 'unknown', bundleThen: '' })
  const latest = await explain('alice', 'docs_paid', { at: dated(new Date(Date.now() - 1)) })
  expect(latest).toMatchObject({ bundleMatch: 'same', bundleThen: latest.response?.bundleRevision })
})

test('claims count as they are given, a token is not taken, and nobody else may ask', async () => {
  const at = { case: 'number', value: 1000n } as const
  expect(await failureOf(explain('bob', 'docs_paid', { at }))).toMatchObject({ code: 'NOT_FOUND' })
  const past = dated(new Date(Date.now() - 1))
  const without = await explain('bob', 'docs_paid', { at: past })
  const claims = { tier: 'pro', authority: 'claims' }
  const withClaims = await explain('bob', 'docs_paid', { at: past, claims })
  expect([without.response?.tier, withClaims.response?.tier]).toEqual(['free', 'pro'])
  const subject = { subject: { case: 'accessToken', value: await server.place.token('bob') } } as const
  const byToken = server.operator.explain({ check: { subject, entitlement: 'docs_paid', tenant }, at: past })
  expect(await failureOf(byToken)).toMatchObject({ code: 'INVALID_FIELD', field: 'check.subject' })
  expect(await failureOf(explain('bob', 'docs_paid', { claims }))).toMatchObject({ field: 'claims' })
  const future = explain('bob', 'docs_paid', { at: dated(new Date(Date.now() + 60_000)) })
  expect(await failureOf(future)).toMatchObject({ code: 'INVALID_FIELD', field: 'time' })
  const service = await server.caller(tenant, 'service')
  const asked = service.client.explain({
    check: { subject: named('bob'), entitlement: 'docs_paid' },
    at: past,
  })
  expect(await failureOf(asked)).toMatchObject({ code: 'CALLER_NOT_ALLOWED' })
})

test('V28 a revision of another tenant, by token or number, tells nothing', async () => {
  const { revision } = await server.operator.listGrants({
    holder: { holder: { case: 'identity', value: { issuer: devIss, subject: 'carol' } } },
    tenant,
  })
  const other = await server.caller(server.place.tenants.globex, 'auditor')
  const ask = (more: object) =>
    other.client.explain({ check: { subject: named('carol'), entitlement: 'docs_paid' }, ...more })
  expect(await failureOf(ask({ at: { case: 'dataRevision', value: revision } }))).toMatchObject({
    code: 'TENANT_MISMATCH',
  })
  expect(await failureOf(ask({ at: { case: 'number', value: 100_000n } }))).toMatchObject({
    code: 'NOT_FOUND',
  })
})

const question = fc.record({
  sub: fc.nat({ max: 3 }),
  key: fc.nat({ max: 3 }),
  org: fc.option(fc.nat({ max: 3 })),
})
const history = fc.array(fc.record({ steps: fc.array(step, { minLength: 1, maxLength: 5 }), question }), {
  minLength: 3,
  maxLength: 12,
})

test('for any history, Explain at a revision says what Check said then', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(history, async (changes) => {
      // Each in a tenant of its own: what was done in the others before would be read with every question.
      const made = await newTenant(server, { key: `random-past-${newId()}` })
      const world = await worldOf(made.tenant)
      const said: { revision: string; check: object; answer: object }[] = []
      for (const { steps, question } of changes) {
        const { revision } = await withTenant(
          server.place.database.sql,
          { tenant: world.tenant, actor: 'test', action: 'Test' },
          async (tx) => {
            for (const each of steps) await doStep(tx, world, each)
          },
        )
        const check = {
          subject: named(`sub ${question.sub}`, world.iss),
          entitlement: `e${question.key}`,
          tenant: world.tenant,
          ...(question.org !== null && { context: { organization: `o${question.org}` } }),
        }
        const consistency = { demand: { case: 'atLeast', value: encodeRevision(revision) } } as const
        const answer = await outcome(server.operator.check({ ...check, consistency }))
        said.push({ revision: encodeRevision(revision), check, answer })
      }
      for (const { revision, check, answer } of said) {
        const at = { case: 'dataRevision', value: revision } as const
        const explained = server.operator
          .explain({ check, at })
          .then(({ response }) => response as CheckResponse)
        expect(await outcome(explained)).toEqual(answer)
      }
    }),
    { numRuns: 40 },
  )
})

/** What both must say; a deleted subject is refused by both. */
async function outcome(call: Promise<CheckResponse>): Promise<object> {
  try {
    const { allowed, reasons, value, tier, expiresAt, denyAs, dataRevision, subjectId } = await call
    return {
      allowed,
      codes: reasons.map(({ code }) => code),
      value,
      tier,
      expiresAt,
      denyAs,
      dataRevision,
      subjectId,
    }
  } catch (error) {
    return { code: (error as { code: number }).code }
  }
}

async function worldOf(id: string): Promise<World> {
  const stand = { tenant: async () => id, write: (_: string, work: never) => server.write(id, work) }
  return makeWorld(stand as unknown as Stand, 'random')
}
