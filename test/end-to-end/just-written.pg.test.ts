import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeRevision, type RevisionToken } from '#core/revision.ts'
import { devAudience, devIss } from '#main/dev-issuer.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { addEntitlement, addIssuer } from '#test/fixtures/catalogue.ts'
import { createTenant } from '#test/fixtures/create-tenant.ts'
import { said } from './said.ts'
import { type Server, startServer } from './server.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

const atLeast = (revision: RevisionToken) =>
  ({ consistency: { demand: { case: 'atLeast', value: encodeRevision(revision) } } }) as const

// Another process writes, and the question is here before the news of it. Several times: once might be late enough.
const times = Array.from({ length: 8 }, (_, n) => n)

test.for(times)(
  'C-6 a question that demands the revision waits for the very tenant and issuer it needs (%i)',
  async (n) => {
    const { sql } = server.place.database
    const audience = `brand-${n}`
    const { tenant, revision } = await createTenant(sql, { key: audience })
    const principal = { case: 'principal', value: { issuer: devIss, subject: 'alice' } } as const
    const asked = {
      subject: { subject: principal },
      tenant: audience,
      entitlement: 'docs',
      ...atLeast(revision),
    }
    expect(said(await server.operator.check(asked))).toBe('no ENTITLEMENT_UNKNOWN')

    const written = await withTenant(sql, { tenant, actor: 'test', action: 'Test' }, async (tx) => {
      await addEntitlement(tx, tenant, { key: 'docs' })
      await addIssuer(tx, tenant, { iss: devIss, audiences: [audience], jwks: server.place.jwks })
    })
    const question = { entitlement: 'docs', ...atLeast(written.revision) }
    expect(said(await server.ask('alice', question, {}, { audience }))).toBe('no NO_GRANT')
  },
)

test.for(times)(
  'C-6 a question that demands a poll gets the tenant and issuer of just before (%i)',
  async (n) => {
    const audience = `polled-${n}`
    const { sql } = server.place.database
    const { tenant } = await createTenant(sql, { key: audience })
    await withTenant(sql, { tenant, actor: 'test', action: 'Test' }, async (tx) => {
      await addEntitlement(tx, tenant, { key: 'docs' })
      await addIssuer(tx, tenant, { iss: devIss, audiences: [audience], jwks: server.place.jwks })
    })
    const question = { entitlement: 'docs', consistency: { demand: { case: 'fresh', value: true } } } as const
    expect(said(await server.ask('alice', question, {}, { audience }))).toBe('no NO_GRANT')
  },
)

test('C-6 a revision of another tenant than the question’s is refused, whoever asks, and so is one of none', async () => {
  const { acme, globex } = server.place.tenants
  const { revision } = await withTenant(
    server.place.database.sql,
    { tenant: acme, actor: 'test', action: 'Test' },
    (tx) => addEntitlement(tx, acme, { key: 'brand_new' }),
  )
  const ofGlobex = { audience: `${devAudience}-globex` }
  const denied = { code: 7 }
  const question = { entitlement: 'docs_paid', ...atLeast(revision) }
  await expect(server.ask('alice', question, {}, ofGlobex)).rejects.toMatchObject(denied)
  const value = await server.place.token('alice', {}, ofGlobex)
  const bearer = { subject: { case: 'accessToken', value } } as const
  const { client } = await server.caller(globex, 'service')
  await expect(client.check({ ...question, subject: bearer })).rejects.toMatchObject(denied)
  const invented = { ...revision, tenant: revision.epoch }
  await expect(client.check({ ...question, ...atLeast(invented), subject: bearer })).rejects.toMatchObject(
    denied,
  )
  // Who may ask about every tenant is told what is true of one that nobody has heard of: it did not come in time.
  await expect(server.ask('alice', { ...question, ...atLeast(invented) })).rejects.toMatchObject({ code: 14 })
})
