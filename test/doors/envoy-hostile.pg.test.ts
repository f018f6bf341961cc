import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canonicalPath } from '#core/canonical-path.ts'
import { reservedHeaders } from '#core/identity-headers.ts'
import { echoOf, takenFor } from './echo-upstream.ts'
import { type EnvoyPlace, startEnvoyPlace } from './envoy-place.ts'
import { hostilePaths, obliginglyRead } from './hostile-paths.ts'
import { http2 } from './http2.ts'
import { findProgram, missing } from './programs.ts'
import { onWire, type RawRequest, rawHttp } from './raw-http.ts'

const program = findProgram('envoy')

describe.skipIf(program === undefined)(program ? 'the real Envoy' : missing('envoy'), () => {
  let started: EnvoyPlace | undefined
  const place = (): EnvoyPlace => started as EnvoyPlace
  const as: EnvoyPlace['as'] = (name, request) => place().as(name, request)
  beforeAll(async () => {
    started = await startEnvoyPlace(program ?? '')
  })
  afterAll(() => started?.stop())

  describe('identity', () => {
    test('V41 the upstream is told who it is, by each name once', async () => {
      const echo = echoOf((await as('bob', { target: '/docs/a' })).body)
      expect(takenFor(echo, 'x-vouchsafe-entitlements')).toEqual(['docs_paid'])
      expect(takenFor(echo, 'x-vouchsafe-tier')).toEqual(['supporter'])
      expect(takenFor(echo, 'x-vouchsafe-subject')).toHaveLength(1)
      expect(takenFor(echo, 'x-vouchsafe-revision')).toHaveLength(1)
    })

    test.each(reservedHeaders)('V41 a client’s own %s never reaches it, in no spelling', async (name) => {
      const aliases = [
        name,
        name.toUpperCase(),
        name.replaceAll('-', '_'),
        name.replaceAll('-', '.'),
        `${name} `,
      ]
      for (const alias of aliases) {
        for (const target of ['/docs/a', '/open']) {
          const reply = await as('bob', { target, headers: [[alias, 'forged']] })
          expect([alias, reply.status]).toEqual([alias, 400])
          expect(reply.body).not.toContain('"url"')
        }
      }
    })

    test('V43 a Connection that names one drops none', async () => {
      for (const named of ['x-vouchsafe-subject', 'close, X-Vouchsafe-Subject, x_vouchsafe_tier']) {
        const reply = await as('bob', { target: '/docs/a', headers: [['Connection', named]] })
        if (reply.status === 400) continue
        const echo = echoOf(reply.body)
        expect(takenFor(echo, 'x-vouchsafe-subject')).toHaveLength(1)
        expect(takenFor(echo, 'x-vouchsafe-tier')).toEqual(['supporter'])
      }
    })

    test('V42 V47 what a client says of its way changes nothing, and two tokens are none', async () => {
      const headers = [
        ['X-Forwarded-Uri', '/open'],
        ['X-Forwarded-Host', 'open.example'],
        ['X-Original-URL', '/open'],
        ['X-Envoy-Original-Path', '/open'],
        ['X-HTTP-Method-Override', 'GET'],
        ['X-Vouchsafe-Tenant', 'globex'],
        ['X-Internal-Token', 'vch_x'],
      ] as const
      expect((await as('alice', { target: '/docs/a', headers })).status).toBe(403)
      expect((await as('bob', { target: '/docs/a', headers })).status).toBe(200)
      const second = [['Authorization', `Bearer ${place().tokens.bob}`]] as const
      expect((await as('alice', { target: '/docs/a', headers: second })).status).toBe(401)
      expect((await as('bob', { target: '/docs/a', headers: second })).status).toBe(401)
    })
  })

  test.each(['zo\u00eb', 'a\r\nx-admin: 1', 'a\0b'])(
    'V69 a subject %j is no header of its own',
    async (sub) => {
      const headers = [['Authorization', `Bearer ${await place().server.place.token(sub, {})}`]] as const
      const reply = await rawHttp(place().envoy.port, { target: '/open', headers })
      expect(reply.status).toBe(200)
      const echo = echoOf(reply.body)
      expect(takenFor(echo, 'x-admin')).toEqual([])
      for (const value of takenFor(echo, 'x-vouchsafe-subject')) expect(value).toMatch(/^[\x21-\x7e]+$/)
    },
  )

  test('V41 V47 over HTTP/2 it is the same', async () => {
    const bob = { ':path': '/docs/a', authorization: `Bearer ${place().tokens.bob}` }
    const passed = await http2(place().envoy.port, bob)
    expect(passed.status).toBe(200)
    expect(takenFor(echoOf(passed.body), 'x-vouchsafe-entitlements')).toEqual(['docs_paid'])
    for (const headers of [
      { 'x-vouchsafe-subject': 'forged' },
      { 'x.vouchsafe.tier': ['pro', 'free'] },
      { x_vouchsafe_tier: 'pro' },
      { ':path': '//docs/a' },
      { ':path': '/docs/a#b' },
      { ':path': '/open/..%2fplain/report' },
      { ':authority': 'a/b' },
    ]) {
      const { status } = await http2(place().envoy.port, { ...bob, ...headers })
      expect([headers, status]).toEqual([headers, expect.toBeOneOf([0, 400])])
    }
  })

  test.each<[string, RawRequest]>([
    ['no UTF-8', { headers: [['X-A', '\xc3\x28']] }],
    ['a NUL', { headers: [['X-A', 'a\0b']] }],
    ['a NUL in the path', { target: '/docs/a\0' }],
    ['headers of 17 KB', { headers: [['X-A', 'a'.repeat(17_000)]] }],
    [
      'two hosts',
      {
        headers: [
          ['Host', 'a.example'],
          ['Host', 'b.example'],
        ],
      },
    ],
    ['a host that is none', { headers: [['Host', 'a.example/../b']] }],
    ['no host', { version: 'HTTP/1.0' }],
    ['the star', { method: 'OPTIONS', target: '*' }],
    ['a tunnel', { method: 'CONNECT', target: 'app.example:443' }],
    ['a method that is none', { method: 'GE\x01T' }],
    ['an unknown method', { method: 'get' }],
  ])('V48 V49 M-8 %s is refused, and never a 500', async (_name, request) => {
    const reply = await as('bob', { target: '/docs/a', ...request })
    expect([400, 403, 404, 426, 431]).toContain(reply.status)
    expect(reply.body).not.toContain('"url"')
  })

  test.each(['/plain/report', '/named/report', '/under/report', '/under/a/report'])(
    'V7 V26 V39 V49 no way to write %s passes further than that path does',
    async (path) => {
      for (const target of hostilePaths(path)) {
        const reply = await as('bob', { target: onWire(target) })
        expect([target, reply.status >= 500]).toEqual([target, false])
        if (reply.status !== 200) continue
        // What bob reached is what he may reach, and nobody would read it as what he may not.
        const { url } = echoOf(reply.body)
        expect([target, canonicalPath(url)]).toEqual([target, { path: expect.anything() }])
        expect(obliginglyRead(url), target).toMatch(/^\/(open|docs)(\/|$)/)
      }
    },
  )

  test('V7 each way to write a path asks for the same as the path does', async () => {
    // Not refused as a whole: some of them are mended by Envoy, and then both it and the upstream mean the mended one.
    const replies = await Promise.all(
      hostilePaths('/docs/intro').map((target) => as('bob', { target: onWire(target) })),
    )
    const reached = replies.filter(({ status }) => status === 200).map(({ body }) => echoOf(body).url)
    expect(reached.length).toBeGreaterThan(0)
    for (const url of reached) expect(canonicalPath(url)).toHaveProperty('path')
  })

  test('V7 V26 V41 V47 where Envoy checks nothing itself, all of it is refused here', async () => {
    const careless = (text: string) =>
      text
        .replace('normalize_path: true', 'normalize_path: false')
        .replace('path_with_escaped_slashes_action: REJECT_REQUEST', '')
        .replace('headers_with_underscores_action: REJECT_REQUEST', 'headers_with_underscores_action: ALLOW')
        .replace('encode_raw_headers: true', 'encode_raw_headers: false')
    using envoy = await place().another(careless)
    const bob = ['Authorization', `Bearer ${place().tokens.bob}`] as const
    for (const target of hostilePaths('/under/a/report')) {
      const reply = await rawHttp(envoy.port, { target: onWire(target), headers: [bob] })
      expect([target, reply.status]).toEqual([target, expect.toBeOneOf([400, 403, 404])])
    }
    for (const name of ['x_vouchsafe_subject', 'X.Vouchsafe_Tier', 'x-vouchsafe-reason']) {
      const reply = await rawHttp(envoy.port, { target: '/docs/a', headers: [bob, [name, 'forged']] })
      expect([name, reply.status]).toEqual([name, 400])
      expect(JSON.parse(reply.body)).toMatchObject({ code: 'HEADER_REFUSED' })
    }
    const twice = await rawHttp(envoy.port, { target: '/docs/a', headers: [bob, bob] })
    expect(twice.status).toBe(401)
    expect((await rawHttp(envoy.port, { target: '/docs/a', headers: [bob] })).status).toBe(200)
  })
})
