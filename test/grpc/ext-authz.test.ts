import { create } from '@bufbuild/protobuf'
import { Metadata, Server } from '@grpc/grpc-js'
import { afterAll, describe, expect, test } from 'vitest'
import { reservedAliases, reservedHeaders } from '#core/identity-headers.ts'
import type { CheckResponse } from '#gen/envoy/service/auth/v3/external_auth_pb.ts'
import { addExtAuthzService } from '#grpc/ext-authz.ts'
import { UnaryCall, type UnaryHandlers } from '#grpc/unary-call.ts'
import { openStack } from '#test/fixtures/stack.ts'
import { tenantId, viewOf } from '#test/fixtures/view.ts'
import { pathOf } from './door.ts'
import { check, envoyDoor, type Http, ok, row, token, told } from './envoy-door.ts'

const door = await envoyDoor({ upgradeUrl: 'https://shop.example/?e={entitlement}' })
afterAll(() => door[Symbol.asyncDispose]())
const bearer = `Bearer ${await token()}`
const alice = (http: Http = {}): Http => ({
  ...ok,
  ...http,
  headers: { authorization: bearer, ...http.headers },
})
const bytes = (text: string | readonly number[]) => Uint8Array.from(Buffer.from(text as string))
const raw = (...headers: (readonly [string, string | readonly number[]])[]): Http => ({
  ...ok,
  headerMap: { headers: headers.map(([key, value]) => ({ key, rawValue: bytes(value) })) },
})

describe('what passes', () => {
  test('S000-12 S000-13 a bearer who has what the route needs passes, and the upstream is told who it is', async () => {
    const said = told(await door.ask(alice()))
    expect(said).toMatchObject({
      allowed: true,
      headers: {
        'x-vouchsafe-subject': 'sub_alice',
        'x-vouchsafe-entitlements': 'docs',
        'x-vouchsafe-reason': 'GRANTED',
        'x-vouchsafe-decision-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
        'x-vouchsafe-revision': expect.any(String),
      },
      metadata: {
        reason: 'GRANTED',
        code: 'GRANTED',
        route: '/docs/{page}',
        tenant: expect.any(String),
        revision: said.headers['x-vouchsafe-revision'],
      },
    })
    expect(said.metadata?.decision_id).toBe(said.headers['x-vouchsafe-decision-id'])
  })

  test('V41 every reserved header is overwritten or removed, and none is both; all its other spellings are removed', async () => {
    for (const http of [alice(), { ...ok, path: '/open' }]) {
      const response = await door.ask(http)
      const said = told(response)
      expect([...Object.keys(said.headers), ...(said.removed ?? [])].sort()).toEqual(
        [...reservedHeaders, ...reservedAliases].sort(),
      )
      expect(said.removed).toEqual(expect.arrayContaining(['x_vouchsafe_subject', 'x.vouchsafe-decision_id']))
      const { value } = response.httpResponse
      for (const header of value?.headers ?? []) expect(header.append).toBe(false)
    }
  })

  test('a public route asks for no token, and a bad one closes nothing', async () => {
    expect(told(await door.ask({ ...ok, path: '/open' }))).toMatchObject({ allowed: true })
    const bad = { authorization: 'Bearer x.y.z' }
    expect(told(await door.ask({ ...ok, path: '/open', headers: bad }))).toMatchObject({ allowed: true })
  })

  test('raw headers are read as the others are', async () => {
    expect(told(await door.ask(raw(['authorization', bearer], ['accept', 'ä'])))).toMatchObject({
      allowed: true,
    })
  })

  test('Envoy may ask twice: the answer is the same but for its decision', async () => {
    const [first, second] = [told(await door.ask(alice())), told(await door.ask(alice()))]
    const known = (said: ReturnType<typeof told>) => ({ ...said.headers, 'x-vouchsafe-decision-id': '' })
    expect(known(first)).toEqual(known(second))
  })
})

describe('what is turned away', () => {
  test('S000-14 S001-20 without the right it is 403, with what is lacking', async () => {
    const bob = `Bearer ${await token('bob')}`
    const said = told(await door.ask(alice({ headers: { authorization: bob } })))
    expect(said).toMatchObject({
      status: 403,
      code: 'NO_GRANT',
      headers: { 'content-type': 'application/json', 'x-vouchsafe-decision-id': expect.any(String) },
      body: { code: 'NO_GRANT', requiredEntitlement: 'docs', upgradeUrl: 'https://shop.example/?e=docs' },
      metadata: {
        route: '/docs/{page}',
        reason: 'NO_GRANT',
        code: 'NO_GRANT',
        revision: expect.stringMatching(/./),
      },
    })
    expect(said.metadata?.decision_id).toBe(said.headers['x-vouchsafe-decision-id'])
  })

  test('S001-51 where existence is hidden it is a 404 that tells nothing, as of what does not exist', async () => {
    const hidden = told(await door.ask(alice({ path: '/paid/x' })))
    expect(hidden).toMatchObject({ status: 404, body: { error: 'Not found.' } })
    expect(JSON.stringify([hidden.headers, hidden.body])).not.toMatch(/paid|GRANT/)
    const missing = told(await door.ask(alice({ path: '/apps/none' })))
    expect(Object.keys(missing.headers)).toEqual(Object.keys(hidden.headers))
    expect(missing).toMatchObject({ status: 404, body: hidden.body })
  })

  test('a denial takes the status of the entitlement', async () => {
    expect(told(await door.ask(alice({ path: '/late' })))).toMatchObject({ status: 402 })
    expect(told(await door.ask(alice({ path: '/nothing' })))).toMatchObject({
      status: 403,
      code: 'ENTITLEMENT_UNKNOWN',
    })
  })

  test('without a token it is 401 with a challenge', async () => {
    const challenge = { 'www-authenticate': 'Bearer' }
    expect(told(await door.ask(ok))).toMatchObject({ status: 401, code: 'TOKEN_MISSING', headers: challenge })
    const expired = await token('alice', { exp: 1000 })
    expect(told(await door.ask({ ...ok, headers: { authorization: `Bearer ${expired}` } }))).toMatchObject({
      status: 401,
      code: 'TOKEN_REFUSED',
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    })
  })

  test('S003-35 V7 an unmatched route is denied', async () => {
    expect(told(await door.ask(alice({ path: '/elsewhere' })))).toMatchObject({
      status: 403,
      code: 'ROUTE_UNKNOWN',
    })
  })

  test('S000-24 every denial is in the security log, without the token', async () => {
    door.refused.length = 0
    await door.ask(alice({ path: '/elsewhere' }))
    await door.ask(alice({ path: '//docs/a' }))
    await door.ask(alice({ headers: { 'x-vouchsafe-tier': 'pro' } }))
    await door.ask({ ...ok, headers: { authorization: 'Bearer abc' } })
    expect(door.refused.map(({ reason, door: from }) => [from, reason])).toEqual([
      ['ext_authz', 'ROUTE_UNKNOWN'],
      ['ext_authz', 'PATH_REFUSED'],
      ['ext_authz', 'HEADER_REFUSED'],
      ['ext_authz', 'TOKEN_REFUSED'],
    ])
    expect(JSON.stringify(door.refused)).not.toContain(bearer.slice(7))
  })
})

describe('who the gateway is', () => {
  test.each([
    ['no key', () => ''],
    ['a wrong key', () => 'vch_none'],
    ['the key of a caller that may not ask', () => door.stack.keyOf(['stripe_webhook' as never]).text],
  ])('%s: denied, not failed', async (_name, key) => {
    expect(told(await door.ask(alice(), {}, key()))).toMatchObject({
      status: 403,
      body: { error: 'Access is denied.' },
    })
  })

  test('a gateway of the platform names the tenant, or the token does; one of a tenant cannot name another', async () => {
    const platform = door.stack.keyOf(['gateway'], '').text
    expect(told(await door.ask(alice(), { tenant: 'acme' }, platform))).toMatchObject({ allowed: true })
    expect(told(await door.ask(alice(), { tenant: 'globex' }, platform))).toMatchObject({ status: 403 })
    expect(told(await door.ask({ ...ok, path: '/open' }, {}, platform))).toMatchObject({ status: 403 })
    expect(told(await door.ask(alice(), { tenant: 'globex' }))).toMatchObject({ status: 403 })
  })
})

test.each(['zo\u00eb 100%', 'a\r\nx-admin: 1', 'a\0b', 'a\ud800', 'x'.repeat(5000), 'x'.repeat(65536)])(
  'V69 a subject %j is told in visible ASCII, or not at all',
  async (sub) => {
    const headers = { authorization: `Bearer ${await token(sub)}` }
    const said = told(await door.ask({ ...ok, path: '/open', headers }))
    expect(said.allowed).toBe(true)
    const subject = said.headers['x-vouchsafe-subject']
    if (subject === undefined) return
    expect(subject).toMatch(/^[\x21-\x7e]{1,4096}$/)
    expect(decodeURIComponent(subject)).toBe(`${row.iss}|${sub}`)
  },
)

test('S003-13 the journal says by which door, route and trace a request came', async () => {
  await using place = await envoyDoor()
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  await place.ask(alice({ headers: { traceparent } }))
  await place.ask(raw(['authorization', bearer], ['traceparent', traceparent]))
  const { decisions } = await place.stack.journals()
  const told = {
    door: 'ext_authz',
    verb: 'Check',
    trace_id: traceparent.slice(3, 35),
    route: 'GET /docs/{page}',
  }
  expect(decisions).toMatchObject([told, told])
  expect(JSON.stringify(decisions)).not.toContain(bearer.slice(7))
})

test('an answer is there before Envoy gives up, also where keys never come', async () => {
  // Envoy waits for a minute; by the server's clock half a second of that is left.
  const changes = {
    principalOfToken: () => new Promise<never>(() => undefined),
    now: () => Date.now() + 59_500,
  }
  await using slow = await envoyDoor(changes)
  const message = { attributes: { request: { http: alice() } } }
  const sent = { key: slow.gateway, options: { deadline: Date.now() + 60_000 } }
  expect(told(await slow.call(check, message, sent))).toMatchObject({ status: 503, code: 'DEADLINE' })
})

test('what Envoy would hear too late is denied, though the token is known', async () => {
  const deadline = Date.now() + 60_000
  const principalOfToken = async () => ({ id: 'alice', tenant: tenantId }) as never
  await using place = await openStack([viewOf({})])
  const asking = async (now: number) => {
    const unary: UnaryHandlers = new Map()
    const needs = { ...place.needs, principalOfToken, now: () => now }
    addExtAuthzService(new Server(), unary, needs, new AbortController().signal)
    const request = create(check.input, { attributes: { request: { http: alice() } } })
    const metadata = new Metadata()
    metadata.set('x-internal-token', place.keyOf(['gateway']).text)
    const stream = { getDeadline: () => deadline, getAuthContext: () => ({}) } as never
    const call = new UnaryCall(stream, metadata, () => request)
    return new Promise((resolve) =>
      unary.get(pathOf(check))?.(call, (_failure, said) => resolve(told(said as CheckResponse))),
    )
  }
  expect(await asking(deadline - 1000)).toMatchObject({ code: 'ROUTE_UNKNOWN' })
  expect(await asking(deadline - 20)).toMatchObject({ code: 'DEADLINE' })
})
