import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRoute, type RouteDocument } from '#admin/routes.ts'
import { canonicalPath } from '#core/canonical-path.ts'
import { reservedHeaders } from '#core/identity-headers.ts'
import { devIss } from '#main/dev-issuer.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { scopeOf } from '#test/fixtures/catalogue.ts'
import { echoOf, startUpstream, takenFor } from './echo-upstream.ts'
import { hostilePaths, obliginglyRead } from './hostile-paths.ts'
import { findProgram, missing } from './programs.ts'
import { onWire, type RawRequest, rawHttp } from './raw-http.ts'
import { startEnvoy } from './start-envoy.ts'

const program = findProgram('envoy')
const upstreamFile = join(import.meta.dirname, '../../examples/envoy/upstream.js')

const routes: readonly Partial<RouteDocument>[] = [
  { pattern: '/open', public: true },
  { pattern: '/open/{rest...}', public: true },
  { pattern: '/docs/{page}', all_of: ['docs_paid'] },
  { pattern: '/plain/report', any_of: ['copilot_paid'] },
  { pattern: '/named/{doc}', all_of: ['copilot_paid'] },
  { pattern: '/under/{rest...}', all_of: ['copilot_paid'] },
  { pattern: '/products/{product}/download', all_of: ['download'], context: { product: 'product' } },
  { pattern: '/products/{product}/manifest', all_of: ['manifest'], context: { product: 'product' } },
]

describe.skipIf(program === undefined)(program ? 'the real Envoy' : missing('envoy'), () => {
  let server: Server
  let upstream: Awaited<ReturnType<typeof startUpstream>>
  let envoy: Awaited<ReturnType<typeof startEnvoy>>
  const tokens: Record<string, string> = {}

  beforeAll(async () => {
    server = await startServer()
    upstream = await startUpstream(upstreamFile)
    const { acme } = server.place.tenants
    await server.write(acme, async (tx) => {
      for (const route of routes) {
        const document = {
          public: false,
          any_of: [],
          all_of: [],
          context: {},
          ...route,
        } as unknown as RouteDocument
        await createRoute(tx, scopeOf(acme), document)
      }
    })
    const { key } = await server.caller(acme, 'gateway')
    envoy = await startEnvoy(program ?? '', key, {
      grpc: Number(server.grpc.split(':')[1]),
      upstream: upstream.port,
    })
    for (const name of ['alice', 'bob', 'kim', 'zoe']) tokens[name] = await server.place.token(name)
  })
  afterAll(async () => {
    envoy?.[Symbol.dispose]()
    upstream?.[Symbol.dispose]()
    await server?.stop()
  })

  const as = (name: string, request: RawRequest = {}) => {
    const { headers = [] } = request
    return rawHttp(envoy.port, {
      ...request,
      headers: [['Authorization', `Bearer ${tokens[name]}`], ...headers],
    })
  }

  test('S000-12 S000-13 S000-23 who has the right reaches the upstream, who has not does not', async () => {
    const passed = await as('bob', { target: '/docs/intro?page=2' })
    expect(passed.status).toBe(200)
    expect(echoOf(passed.body)).toMatchObject({ method: 'GET', url: '/docs/intro?page=2' })

    const denied = await as('alice', { target: '/docs/intro' })
    expect(denied).toMatchObject({ status: 403, headers: { 'content-type': 'application/json' } })
    expect(JSON.parse(denied.body)).toMatchObject({ code: 'NO_GRANT', requiredEntitlement: 'docs_paid' })
    expect((await rawHttp(envoy.port, { target: '/docs/intro' })).headers).toMatchObject({
      'www-authenticate': 'Bearer',
    })
    expect((await rawHttp(envoy.port, { target: '/open' })).status).toBe(200)
    expect((await as('bob', { target: '/nowhere' })).status).toBe(403)
  })

  test('S000-14 S001-18 S001-20 S001-51 a denial is the status of what was asked for', async () => {
    expect((await as('alice', { target: '/products/runner/download' })).status).toBe(403)
    const hidden = await as('alice', { target: '/products/runner/manifest' })
    const missing = await as('alice', { target: '/products/none/manifest' })
    expect([hidden.status, hidden.body]).toEqual([404, JSON.stringify({ error: 'Not found.' })])
    expect([missing.status, missing.body]).toEqual([hidden.status, hidden.body])
    expect(Object.keys(missing.headers)).toEqual(Object.keys(hidden.headers))
    expect((await as('alice', { target: '/products/handbook/download' })).status).toBe(200)
  })

  test('S001-16 an admin passes without a grant', async () => {
    for (const target of [
      '/docs/a',
      '/plain/report',
      '/products/runner/download',
      '/products/runner/manifest',
    ])
      expect((await as('kim', { target })).status).toBe(200)
    expect((await as('kim', { target: '/nowhere' })).status).toBe(403)
  })

  test('S000-24 a grant counts from the next request on, and Envoy’s log names the decision', async () => {
    expect((await as('zoe', { target: '/plain/report' })).status).toBe(403)
    const holder = { holder: { case: 'identity', value: { issuer: devIss, subject: 'zoe' } } } as const
    const target = { target: { case: 'entitlement', value: 'copilot_paid' } } as const
    await server.operator.grant({ tenant: 'acme', holder, target, reason: 'test' })
    await expect.poll(async () => (await as('zoe', { target: '/plain/report' })).status).toBe(200)
    const passed = await as('zoe', { target: '/plain/report' })

    const [id = ''] = takenFor(echoOf(passed.body), 'x-vouchsafe-decision-id')
    expect(await envoy.logged(({ decision_id }) => decision_id === id)).toMatchObject({
      status: 200,
      code: 'GRANTED',
      route: '/plain/report',
    })
    const denied = await as('alice', { target: '/plain/report' })
    const other = denied.headers['x-vouchsafe-decision-id']
    expect(await envoy.logged(({ decision_id }) => decision_id === other)).toMatchObject({
      status: 403,
      code: 'NO_GRANT',
      details: 'ext_authz_denied',
    })
  })

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
      const second = [['Authorization', `Bearer ${tokens.bob}`]] as const
      expect((await as('alice', { target: '/docs/a', headers: second })).status).toBe(401)
      expect((await as('bob', { target: '/docs/a', headers: second })).status).toBe(401)
    })
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
})

test.skipIf(program === undefined)(
  program ? 'with no decision point there is no way through' : missing('envoy'),
  async () => {
    using upstream = await startUpstream(upstreamFile)
    // Nobody listens on the first port there is.
    using envoy = await startEnvoy(program ?? '', 'vch_none', { grpc: 1, upstream: upstream.port })
    for (const target of ['/open', '/docs/a'])
      expect(await rawHttp(envoy.port, { target })).toMatchObject({ status: 503, body: '' })
    expect(await envoy.logged(({ path }) => path === '/open')).toMatchObject({ details: 'ext_authz_error' })
  },
)
