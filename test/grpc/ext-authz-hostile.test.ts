import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { CheckRequestSchema, CheckResponseSchema } from '#gen/envoy/service/auth/v3/external_auth_pb.ts'
import { pathOf } from './door.ts'
import { check, envoyDoor, type Http, ok, token, told } from './envoy-door.ts'
import { frame, rawSession } from './raw.ts'

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

describe('every doubt', () => {
  test.each<[string, Http, string]>([
    ['an alias of ours', { headers: { x_vouchsafe_subject: 'root' } }, 'HEADER_REFUSED'],
    ['an alias with dots', { headers: { 'X.Vouchsafe.Tier': 'pro' } }, 'HEADER_REFUSED'],
    ['our own name', { headers: { 'x-vouchsafe-entitlements': 'paid' } }, 'HEADER_REFUSED'],
    [
      'a Connection that drops ours',
      { headers: { connection: 'close, X-Vouchsafe-Subject' } },
      'HEADER_REFUSED',
    ],
    ['a NUL', { headers: { accept: 'a\0b' } }, 'HEADER_REFUSED'],
    ['a line break', { headers: { accept: 'a\r\nx-a: b' } }, 'HEADER_REFUSED'],
    ['no path', { path: '' }, 'PATH_REFUSED'],
    ['a star', { path: '*', method: 'OPTIONS' }, 'PATH_REFUSED'],
    ['the absolute form', { path: 'http://app.example/docs/a' }, 'PATH_REFUSED'],
    ['an authority', { path: 'app.example:443', method: 'CONNECT' }, 'PATH_REFUSED'],
    ['a tunnel', { method: 'CONNECT' }, 'METHOD_REFUSED'],
    ['a fragment', { path: '/docs/a#b' }, 'PATH_REFUSED'],
    ['a fragment beside the path', { fragment: 'b' }, 'PATH_REFUSED'],
    ['a path beyond measure', { path: `/docs/${'a'.repeat(9000)}` }, 'PATH_REFUSED'],
    ['no host', { host: '', protocol: 'HTTP/1.0' }, 'HOST_REFUSED'],
    ['two hosts', { host: 'app.example,evil.example' }, 'HOST_REFUSED'],
    ['no method', { method: '' }, 'METHOD_REFUSED'],
    ['an unknown method', { method: 'get' }, 'METHOD_REFUSED'],
  ])('V41 V43 V48 M-8 %s is a 400', async (_name, http, code) => {
    expect(told(await door.ask(alice(http)))).toMatchObject({ status: 400, code, body: { code } })
  })

  test('missing attributes and what is no message are denied, not failed', async () => {
    const key = door.gateway
    for (const message of [{}, { attributes: {} }, { attributes: { request: {} } }])
      expect(told(await door.call(check, message, { key }))).toMatchObject({
        status: 400,
        code: 'REQUEST_REFUSED',
      })
    for (const junk of [[255], [10, 200], [10, 2, 34, 5], [0]])
      expect(told(await door.call(check, bytes(junk), { key }))).toMatchObject({
        status: 400,
        code: 'REQUEST_REFUSED',
      })
  })

  test('V48 what is no UTF-8 is denied wherever it stands', async () => {
    const key = door.gateway
    expect(told(await door.ask(raw(['authorization', bearer], ['x-a', [0xc3, 0x28]])))).toMatchObject({
      status: 400,
      code: 'HEADER_REFUSED',
    })
    expect(told(await door.ask(raw(['authorization', bearer], ['x-a', [65, 0, 66]])))).toMatchObject({
      status: 400,
    })
    // The same in a field that has to be text, which no library would write.
    const whole = toBinary(
      CheckRequestSchema,
      create(CheckRequestSchema, { attributes: { request: { http: alice({ headers: { 'x-a': 'QQ' } }) } } }),
    )
    const at = Buffer.from(whole).indexOf('QQ')
    whole.set([0xff, 0xfe], at)
    expect(told(await door.call(check, whole, { key }))).toMatchObject({
      status: 400,
      code: 'REQUEST_REFUSED',
    })
  })

  test.each([300_000, 1_000_000, 6_000_000])(
    'M-8 a message of %i bytes, as a client’s body may make it, is denied in words and no failure',
    async (size) => {
      const large = alice({ body: 'x'.repeat(size) })
      const said = told(await door.ask(large))
      expect(said).toMatchObject({ allowed: false, status: 413, code: 'REQUEST_REFUSED' })
      expect(door.refused.at(-1)).toMatchObject({
        reason: 'REQUEST_REFUSED',
        detail: 'a message over the limit',
        decision_id: said.metadata?.decision_id,
      })
      const many = Array.from({ length: 8 }, (_, n) => door.ask(n % 2 ? large : alice()))
      const answers = (await Promise.all(many)).map((each) => told(each).allowed)
      expect(answers).toEqual([true, false, true, false, true, false, true, false])
    },
  )

  test('a message over the limit is denied alone, also behind one that would pass', async () => {
    using raw = await rawSession(door.port)
    const request = create(CheckRequestSchema, { attributes: { request: { http: alice() } } })
    const passes = frame(toBinary(CheckRequestSchema, request))
    const headers = { ':path': pathOf(check), authorization: `Bearer ${door.gateway}` }
    // It depends on what the server is doing whether both are there before the denial has gone out.
    for (let round = 0; round < 10; round++) {
      const [denied, ...others] = await raw.messages(headers, [passes, frame(new Uint8Array(1), 0, 300_000)])
      expect(others).toEqual([])
      const { httpResponse } = fromBinary(CheckResponseSchema, denied as Uint8Array)
      expect(httpResponse).toMatchObject({ case: 'deniedResponse', value: { status: { code: 413 } } })
    }
  })

  test('V47 two tokens are none, together or apart', async () => {
    const second = `Bearer ${await token('bob')}`
    for (const http of [
      alice({ headers: { authorization: `${bearer},${second}` } }),
      alice({ headers: { authorization: bearer, Authorization: second } }),
      raw(['authorization', bearer], ['authorization', second]),
      raw(['authorization', second], ['authorization', bearer]),
      { ...raw(['authorization', second]), headers: { authorization: bearer } },
    ])
      expect(told(await door.ask(http))).toMatchObject({ status: 401, code: 'TOKEN_REFUSED' })
  })

  test('HARDENING C.5 a part of a body is denied, but where the tenant’s route says that it is enough', async () => {
    const cut = { 'x-envoy-auth-partial-body': 'true' }
    expect(told(await door.ask(alice({ headers: cut })))).toMatchObject({
      status: 403,
      code: 'BODY_TRUNCATED',
    })
    const both = raw(
      ['authorization', bearer],
      ['x-envoy-auth-partial-body', 'false'],
      ['x-envoy-auth-partial-body', 'true'],
    )
    expect(told(await door.ask(both))).toMatchObject({ code: 'BODY_TRUNCATED' })
    for (const said of [{ partial_body: 'allow' }, { partial_body: 'true' }]) {
      expect(told(await door.ask(alice({ headers: cut }), said))).toMatchObject({ code: 'BODY_TRUNCATED' })
    }
    const half = alice({ path: '/half', headers: cut })
    expect(told(await door.ask(half))).toMatchObject({ allowed: true })
    expect(told(await door.ask({ ...half, path: '/paid/a' }))).toMatchObject({ status: 404 })
    const entire = { 'x-envoy-auth-partial-body': 'false' }
    expect(told(await door.ask(alice({ headers: entire })))).toMatchObject({ allowed: true })
  })

  const junk = fc.record(
    {
      method: fc.string({ unit: 'binary', maxLength: 10 }),
      path: fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.webPath()),
      host: fc.string({ unit: 'binary', maxLength: 20 }),
      fragment: fc.string({ maxLength: 3 }),
      headers: fc.dictionary(fc.string({ maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 30 })),
    },
    { requiredKeys: [] },
  )
  test('M-8 whatever Envoy may send without a token, the answer is a denial', async () => {
    await fc.assert(
      fc.asyncProperty(junk, async (http) => {
        const sound = Object.fromEntries(
          Object.entries(http).map(([name, value]) => [
            name,
            typeof value === 'string' ? value.toWellFormed() : value,
          ]),
        ) as Http
        const headers = Object.entries(http.headers ?? {}).map(([name, value]) => [
          name.toWellFormed(),
          value.toWellFormed(),
        ])
        const said = told(await door.ask({ ...ok, ...sound, headers: Object.fromEntries(headers) }))
        expect(said).toMatchObject({ allowed: false })
        expect([400, 401, 403]).toContain('status' in said && said.status)
      }),
      { numRuns: 150 },
    )
  })

  test('V42 no other header changes an answer', async () => {
    const names = fc.constantFrom(
      'x-forwarded-uri',
      'x-forwarded-host',
      'x-forwarded-method',
      'x-forwarded-prefix',
      'x-original-uri',
      'x-original-url',
      'x-rewrite-url',
      'x-envoy-original-path',
      'host',
      ':path',
      ':method',
      'x-http-method-override',
      'x-role',
      'x-auth-user',
      'user-agent',
      'x-internal-token',
      'x-vouchsafe-tenant',
      'cookie',
      'forwarded',
    )
    const values = fc.constantFrom('/open', 'GET', 'root', 'acme', 'kube-probe/1', bearer)
    await fc.assert(
      fc.asyncProperty(fc.dictionary(names, values), async (headers) => {
        expect(told(await door.ask({ ...ok, headers }))).toMatchObject({ code: 'TOKEN_MISSING' })
        expect(told(await door.ask(alice({ headers })))).toMatchObject({ allowed: true })
      }),
      { numRuns: 60 },
    )
  })
})
