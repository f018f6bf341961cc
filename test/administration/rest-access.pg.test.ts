import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeRevision, encodeRevision } from '#core/revision.ts'
import { devIss } from '#main/dev-issuer.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { entitlement, person } from './named.ts'
import { rest } from './rest.ts'

let server: Server
beforeAll(async () => {
  server = await startServer({ VOUCHSAFE_UPGRADE_URL: 'https://example.com/upgrade?to={entitlement}' })
})
afterAll(() => server?.stop())

const ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  rest(server, method, path, body, headers)

describe('asking by status', () => {
  const access = async (sub: string, body: object) =>
    ask('POST', '/v1/access', { subject: { accessToken: await server.place.token(sub) }, ...body })

  test('S003-49 a denial says in its body what is required, where it is had, and what would help', async () => {
    const denied = await access('alice', { entitlement: 'enterprise_sso' })
    expect(denied.status).toBe(403)
    expect(denied.body).toMatchObject({
      error: expect.any(String),
      reason: 'no_entitlement',
      requiredEntitlement: 'enterprise_sso',
      upgradeUrl: 'https://example.com/upgrade?to=enterprise_sso',
    })
    expect(denied.body.suggestedActions.length).toBeGreaterThan(0)
    const product = await access('alice', {
      entitlement: 'download',
      resource: { kind: 'product', id: 'runner' },
    })
    expect(product).toMatchObject({ status: 403, body: { requiredEntitlement: 'product:runner' } })
    const allowed = await access('carol', { entitlement: 'docs_paid' })
    expect(allowed).toMatchObject({ status: 200, body: { allowed: true } })
  })

  test('S003-49 the reason tells what ended from what is missing and from what is not on', async () => {
    const revoked = await access('ivan', { entitlement: 'docs_paid' })
    expect(revoked.body.reason).toBe('expired_entitlement')
    const { revision } = await server.operator.grant({
      holder: person('frida'),
      target: entitlement('enterprise_sso'),
      startsAt: { seconds: BigInt(Math.floor(Date.now() / 1000) + 9999) },
      tenant: 'acme',
    })
    const early = await access('frida', { entitlement: 'enterprise_sso', consistency: { atLeast: revision } })
    expect(early.body.reason).toBe('inactive_option')
  })

  test('S003-49 what cannot be answered is a system error that says to try again, and never a yes', async () => {
    const nonsense = Buffer.from('nonsense').toString('base64url')
    expect(
      (await access('carol', { entitlement: 'docs_paid', consistency: { atLeast: nonsense } })).status,
    ).toBe(400)
    const ahead = await server.operator.grant({
      holder: person('ahead'),
      target: entitlement('docs_paid'),
      tenant: 'acme',
    })
    const revision = decodeRevision(ahead.revision)
    if (revision === undefined) throw new Error('no revision')
    const future = encodeRevision({ ...revision, revision: revision.revision + 1000 })
    const reply = await access('carol', { entitlement: 'docs_paid', consistency: { atLeast: future } })
    expect(reply).toMatchObject({
      status: 503,
      body: {
        reason: 'system_error',
        requiredEntitlement: 'docs_paid',
        suggestedActions: ['retry', 'contact_support'],
      },
    })
  })

  test('a denial that hides what there is says nothing of it', async () => {
    const hidden = await access('alice', {
      entitlement: 'manifest',
      resource: { kind: 'product', id: 'runner' },
    })
    expect(hidden).toEqual({ status: 404, body: { error: 'Not found.' } })
  })

  test('callers and fields are judged as those of Check are', async () => {
    const body = {
      subject: { principal: { issuer: devIss, subject: 'carol' } },
      entitlement: 'docs_paid',
      tenant: 'acme',
    }
    expect((await ask('POST', '/v1/access', body)).status).toBe(200)
    expect((await ask('POST', '/v1/access', { ...body, entitlement: 'Not A Key' })).status).toBe(400)
    expect((await ask('POST', '/v1/access', body, { authorization: 'Bearer nonsense' })).status).toBe(401)
    const globex = await server.caller(server.place.tenants.globex, 'service')
    expect((await ask('POST', '/v1/access', body, { authorization: `Bearer ${globex.key}` })).status).toBe(
      403,
    )
  })
})
