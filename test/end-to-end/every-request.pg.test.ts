import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { disableCallerKey } from '#admin/callers.ts'
import { grantInside } from '#admin/grant-entitlement.ts'
import { addMember, addOrganization, removeMember } from '#admin/organizations.ts'
import { addSubject, revokeTokens } from '#admin/people.ts'
import { devIss } from '#main/dev-issuer.ts'
import { said } from './said.ts'
import { type Question, type Server, startServer } from './server.ts'

let server: Server
let acme: string
beforeAll(async () => {
  server = await startServer()
  acme = server.place.tenants.acme
})
afterAll(() => server?.stop())

const holder = (subject: string) =>
  ({ holder: { case: 'identity', value: { issuer: devIss, subject } } }) as const
const key = (value: string) => ({ target: { case: 'entitlement', value } }) as const
const product = (value: string) => ({ target: { case: 'product', value } }) as const
const atLeast = (value: string) => ({ consistency: { demand: { case: 'atLeast', value } } }) as const
const admin = { tenant: 'acme', reason: 'test' }

const download: Question = {
  entitlement: 'download',
  resource: { kind: 'product', id: 'runner' },
  context: { module: 'downloads' },
}

test('S001-40 membership and right are checked again at each question of one open stream and one token', async () => {
  const { operator } = server
  const value = await server.place.token('mia')
  const stream = operator.checkStream()
  const ask = async (revision: string) =>
    said(
      await stream.check({
        ...download,
        ...atLeast(revision),
        subject: { subject: { case: 'accessToken', value } },
      }),
    )

  const membership = { ...admin, holder: holder('mia'), target: key('member') }
  const right = { ...admin, holder: holder('mia'), target: product('runner') }
  expect(await ask((await operator.grant(membership)).revision)).toBe('no NO_GRANT')
  expect(await ask((await operator.grant(right)).revision)).toBe('yes GRANTED')
  expect(await ask((await operator.revoke(membership)).revision)).toBe('no NOT_MEMBER')
  expect(await ask((await operator.grant(membership)).revision)).toBe('yes GRANTED')
  expect(await ask((await operator.revoke(right)).revision)).toBe('no REVOKED')
  await stream.end()
})

test('S001-41 S003-31 a revoke counts from the next question on, while the token lives', async () => {
  const { operator } = server
  const value = await server.place.token('rob')
  const question = { subject: { subject: { case: 'accessToken', value } }, entitlement: 'docs_paid' } as const
  const right = { ...admin, holder: holder('rob'), target: key('docs_paid') }
  const granted = await operator.grant(right)
  expect(said(await operator.check({ ...question, ...atLeast(granted.revision) }))).toBe('yes GRANTED')
  const revoked = await operator.revoke({ ...right, reason: 'a chargeback' })
  expect(revoked.revoked.map(({ revokeReason }) => revokeReason)).toEqual(['a chargeback'])
  expect(said(await operator.check({ ...question, ...atLeast(revoked.revision) }))).toBe('no REVOKED')
  // Every later one too, whatever it demands.
  expect(said(await operator.check(question))).toBe('no REVOKED')
})

test('S001-41 S003-31 a right that the token itself lists ends with the revoke too', async () => {
  const claims = { entitlements: ['docs_paid'] }
  expect(said(await server.ask('tess', 'docs_paid', claims, { issuedAt: Date.now() - 60_000 }))).toBe(
    'yes CLAIM',
  )
  const right = { ...admin, holder: holder('tess'), target: key('docs_paid') }
  await server.operator.grant(right)
  const fresh = atLeast((await server.operator.revoke(right)).revision)
  const old = { issuedAt: Date.now() - 60_000 }
  expect(said(await server.ask('tess', { entitlement: 'docs_paid', ...fresh }, claims, old))).toBe(
    'no CLAIM_REVOKED REVOKED',
  )
})

test('C-1 S003-31 what a token says counts no more once the person’s tokens are revoked; a newer one counts', async () => {
  const subject = await server.write(acme, (tx) =>
    addSubject(tx, acme, { identities: [{ iss: devIss, sub: 'tom' }] }),
  )
  const now = Date.now()
  const claims = { tier: 'pro', entitlements: ['enterprise_sso'] }
  const ask = async (entitlement: string, issuedAt: number) => {
    const answer = await server.ask('tom', entitlement, claims, { issuedAt })
    return `${answer.tier} ${said(answer)}`
  }
  expect(await ask('enterprise_sso', now - 120_000)).toBe('pro yes CLAIM')
  expect(await ask('docs_paid', now - 120_000)).toBe('pro yes TIER')
  await server.write(acme, (tx) => revokeTokens(tx, acme, subject, now - 60_000))
  expect(await ask('enterprise_sso', now - 120_000)).toBe('free no CLAIM_REVOKED')
  expect(await ask('docs_paid', now - 120_000)).toBe('free no NO_GRANT')
  expect(await ask('enterprise_sso', now)).toBe('pro yes CLAIM')
  expect(await ask('docs_paid', now)).toBe('pro yes TIER')
})

test('S003-31 who leaves an organization loses what came through it', async () => {
  const { organization, subject } = await server.write(acme, async (tx) => {
    const made = {
      organization: await addOrganization(tx, acme, { key: 'hooli' }),
      subject: await addSubject(tx, acme, { identities: [{ iss: devIss, sub: 'lena' }] }),
    }
    await addMember(tx, acme, made)
    const right = { holder: { organization: 'hooli' }, target: { entitlement: 'enterprise_sso' } }
    await grantInside(tx, { tenant: acme, actor: 'test' }, right, Date.now())
    return made
  })
  const question = { entitlement: 'enterprise_sso', context: { organization: 'hooli' } }
  expect(said(await server.ask('lena', question))).toBe('yes GRANTED')
  await server.write(acme, (tx) => removeMember(tx, acme, { organization, subject }))
  expect(said(await server.ask('lena', question))).toBe('no NO_GRANT')
})

test('a caller’s key that was disabled is refused from the next call on, and soon on what it had opened before', async () => {
  const service = await server.caller(acme, 'service')
  const subject = { subject: { case: 'accessToken', value: await server.place.token('carol') } } as const
  const question = { subject, entitlement: 'docs_paid' }
  const stream = service.client.checkStream()
  expect(said(await service.client.check(question))).toBe('yes TIER')
  expect(said(await stream.check(question))).toBe('yes TIER')
  await server.write(acme, (tx) => disableCallerKey(tx, acme, service.id, Date.now()))
  await expect(service.client.check(question)).rejects.toMatchObject({ code: 16 })
  // A stream believes its caller for a moment, and not for as long as it is open.
  await vi.waitFor(() => expect(stream.check(question)).rejects.toMatchObject({ code: 16 }), 20_000)
  expect(said(await server.ask('carol', 'docs_paid'))).toBe('yes TIER')
})
