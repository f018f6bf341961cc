import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canonicalPath } from '#core/canonical-path.ts'
import { reservedHeaders } from '#core/identity-headers.ts'
import { devIss } from '#main/dev-issuer.ts'
import { echoOf, takenFor } from './echo-upstream.ts'
import { type ForwardAuthWorld, forwardAuthWorld } from './forward-auth-world.ts'
import { hostilePaths, obliginglyRead } from './hostile-paths.ts'
import { onWire, type RawRequest, rawHttp } from './raw-http.ts'
import type { RunningProxy } from './start-proxy.ts'

export type ProxyCase = {
  readonly start: (key: string, ports: Readonly<Record<number, number>>) => Promise<RunningProxy>
  /** Whether it passes on each denial's own status and body; else 401 and 403 without one. */
  readonly ownStatuses: boolean
  /** What it answers at the least where Vouchsafe does not. Default: 502. */
  readonly unanswered?: number
  /** What else holds for this proxy alone. */
  readonly more?: (asked: Asked) => void
}

export type Asked = {
  readonly world: () => ForwardAuthWorld
  readonly logged: RunningProxy['logged']
  readonly as: (name: string, request?: RawRequest) => ReturnType<typeof rawHttp>
}

/** What every proxy has to do that asks at /forward-auth, tried on the real program with the example's own files. */
export function forwardAuthSuite({ start, ownStatuses, unanswered = 502, more }: ProxyCase): void {
  let world: ForwardAuthWorld
  let proxy: RunningProxy
  beforeAll(async () => {
    world = await forwardAuthWorld()
    proxy = await start(world.key, world.ports)
  })
  afterAll(async () => {
    proxy?.[Symbol.dispose]()
    await world?.stop()
  })
  const shown = (status: number) => (ownStatuses || status === 401 ? status : 403)
  const as: Asked['as'] = (name, request = {}) =>
    rawHttp(proxy.port, {
      ...request,
      headers: [['Authorization', `Bearer ${world.tokens[name]}`], ...(request.headers ?? [])],
    })

  test('S000-14 S003-15 who has the right reaches the upstream, who has not does not', async () => {
    const passed = await as('bob', { target: '/docs/intro?page=2' })
    expect(passed.status).toBe(200)
    expect(echoOf(passed.body)).toMatchObject({ method: 'GET', url: '/docs/intro?page=2' })
    const denied = await as('alice', { target: '/docs/intro' })
    expect(denied.status).toBe(403)
    expect(denied.body).not.toContain('"url"')
    if (ownStatuses) {
      expect(JSON.parse(denied.body)).toMatchObject({ code: 'NO_GRANT', requiredEntitlement: 'docs_paid' })
    }
    const nobody = await rawHttp(proxy.port, { target: '/docs/intro' })
    expect(nobody).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
    expect((await rawHttp(proxy.port, { target: '/open' })).status).toBe(200)
    expect((await as('bob', { target: '/docs/a', headers: [['Host', 'own.example']] })).status).toBe(403)
    expect((await as('bob', { target: '/docs/a', method: 'POST' })).status).toBe(403)
  })

  test('V27 a request that no route covers is denied', async () => {
    for (const target of ['/nowhere', '/docs', '/Docs/intro', '/_vouchsafe2', '/forward-auth/nginx']) {
      expect([target, (await as('kim', { target })).status]).toEqual([target, 403])
    }
  })

  test('S001-21 what is hidden is as if it were not there', async () => {
    const hidden = await as('alice', { target: '/products/runner/manifest' })
    const none = await as('alice', { target: '/products/none/manifest' })
    expect([hidden.status, hidden.body]).toEqual([shown(404), none.body])
    expect(none.status).toBe(hidden.status)
  })

  test('S000-24 a grant counts from the next request on, and the proxy’s log names the decision', async () => {
    const denied = await as('zoe', { target: '/plain/report' })
    expect(denied.status).toBe(403)
    const refused = denied.headers['x-vouchsafe-decision-id'] ?? ''
    expect(refused).not.toBe('')
    expect(await proxy.logged((line) => line.includes(refused))).toMatch(/"(Downstream)?status":\s*403/i)

    const holder = { holder: { case: 'identity', value: { issuer: devIss, subject: 'zoe' } } } as const
    const target = { target: { case: 'entitlement', value: 'copilot_paid' } } as const
    const { operator, ask } = world.server
    const granted = await operator.grant({ tenant: 'acme', holder, target, reason: 'test' })
    const demand = { case: 'atLeast', value: granted.revision } as const
    await ask('zoe', { entitlement: 'copilot_paid', consistency: { demand } })
    const passed = await as('zoe', { target: '/plain/report' })
    expect(passed.status).toBe(200)
    const [id = ''] = takenFor(echoOf(passed.body), 'x-vouchsafe-decision-id')
    expect(id).not.toBe('')
    expect(await proxy.logged((line) => line.includes(id))).toMatch(/"(Downstream)?status":\s*200/i)
  })

  test('V41 the upstream is told who it is, by each name once', async () => {
    const echo = echoOf((await as('bob', { target: '/docs/a' })).body)
    expect(takenFor(echo, 'x-vouchsafe-entitlements')).toEqual(['docs_paid'])
    expect(takenFor(echo, 'x-vouchsafe-tier')).toEqual(['supporter'])
    for (const name of ['subject', 'revision', 'decision-id', 'reason']) {
      expect(takenFor(echo, `x-vouchsafe-${name}`)).toHaveLength(1)
    }
    expect(echo.headers.map(([name]) => name.toLowerCase())).not.toContain('x-internal-token')
  })

  test.each(reservedHeaders)('V41 a client’s own %s never reaches it, in no spelling', async (name) => {
    const spellings = [name, name.toUpperCase(), name.replaceAll('-', '_'), name.replaceAll('-', '.')]
    for (const spelling of [...spellings, name.replace('-', '_'), `${name} `]) {
      for (const target of ['/docs/a', '/open']) {
        for (const value of ['forged', '']) {
          const reply = await as('bob', { target, headers: [[spelling, value]] })
          expect([spelling, reply.status]).not.toEqual([spelling, 500])
          if (reply.status !== 200) continue
          const told = takenFor(echoOf(reply.body), name)
          expect([spelling, told.length <= 1, told.includes('forged')]).toEqual([spelling, true, false])
        }
      }
    }
  })

  test('V43 a Connection that names one drops none', async () => {
    for (const named of ['x-vouchsafe-subject', 'close, X-Vouchsafe-Subject, X-Vouchsafe-Tier']) {
      const reply = await as('bob', { target: '/docs/a', headers: [['Connection', named]] })
      if (reply.status === 400) continue
      expect(reply.status).toBe(200)
      const echo = echoOf(reply.body)
      expect(takenFor(echo, 'x-vouchsafe-subject')).toHaveLength(1)
      expect(takenFor(echo, 'x-vouchsafe-tier')).toEqual(['supporter'])
    }
  })

  test('V43 a Connection that names what the proxy says or the client shows widens nothing', async () => {
    for (const named of ['x-original-uri', 'x-forwarded-uri', 'x-internal-token', 'authorization', 'host']) {
      const headers = [['Connection', `close, ${named}`]] as const
      const reply = await as('alice', { target: '/docs/a', headers })
      expect([named, reply.status >= 500, reply.body.includes('"url"')]).toEqual([named, false, false])
    }
  })

  test('V38 V42 V47 what a client says of its way changes nothing, and two tokens are none', async () => {
    const said = [
      ['X-Forwarded-Uri', '/open'],
      ['X-Forwarded-Host', 'open.example'],
      ['X-Forwarded-Method', 'POST'],
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-For', '127.0.0.1'],
      ['X-Original-URI', '/open'],
      ['X-Original-Method', 'POST'],
      ['X-Original-Host', 'own.example'],
      ['X-Original-URL', '/open'],
      ['X-HTTP-Method-Override', 'POST'],
      ['X-Vouchsafe-Tenant', 'globex'],
      ['X-Internal-Token', 'vch_x'],
      ['X-Hyops-Sub', 'kim'],
      ['X-Hyops-Entitlements', 'docs_paid,copilot_paid'],
    ] as const
    for (const headers of [said, [...said, ...said]]) {
      expect((await as('alice', { target: '/docs/a', headers })).status).toBe(403)
      expect((await as('bob', { target: '/docs/a', headers })).status).toBe(200)
    }
    for (const name of ['alice', 'bob']) {
      const headers = [['Authorization', `Bearer ${world.tokens.bob}`]] as const
      const { status } = await as(name, { target: '/docs/a', headers })
      expect([400, 401]).toContain(status)
    }
  })

  test('S003-15 HEAD and a wish to upgrade are asked about like any other request', async () => {
    const upgrade = [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
      ['Sec-WebSocket-Version', '13'],
    ] as const
    expect((await as('alice', { target: '/docs/a', headers: upgrade })).status).toBe(403)
    // This upstream knows no upgrade, and not every proxy passes one on.
    expect([200, 403]).toContain((await as('bob', { target: '/docs/a', headers: upgrade })).status)
    expect((await as('alice', { method: 'HEAD', target: '/docs/a' })).status).toBe(403)
    expect((await as('bob', { method: 'HEAD', target: '/docs/a' })).status).toBe(200)
  })

  test.each<[string, RawRequest]>([
    ['an expectation that is none', { headers: [['Expect', 'wonders']] }],
    ['bytes that are no UTF-8', { target: '/docs/\xc3\x28' }],
    ['a NUL in a header', { headers: [['X-A', 'a\0b']] }],
    ['a NUL in the path', { target: '/docs/a\0' }],
    ['headers of 17 KB', { headers: [['X-A', 'a'.repeat(17_000)]] }],
    [
      'headers of 15 KB',
      { headers: ['b', 'c', 'd'].map((name) => [`X-${name}`, 'a'.repeat(5000)] as const) },
    ],
    ['a path of 9 KB', { target: `/docs/${'a'.repeat(9000)}` }],
    ['a host that is none', { headers: [['Host', 'a.example/../b']] }],
    ['no host', { version: 'HTTP/1.0' }],
    ['the star', { method: 'OPTIONS', target: '*' }],
    ['a tunnel', { method: 'CONNECT', target: 'app.example:443' }],
    ['an unknown method', { method: 'get' }],
  ])('V49 M-8 %s: never a 500, and no way further', async (_name, request) => {
    const reply = await as('alice', { target: '/docs/a', ...request })
    expect(reply.status).not.toBe(500)
    expect(reply.body).not.toContain('"url"')
  })

  test.each(['/plain/report', '/named/report', '/under/report', '/under/a/report'])(
    'V26 V27 V39 V49 no way to write %s passes further than that path does',
    async (path) => {
      for (const target of hostilePaths(path)) {
        const reply = await as('bob', { target: onWire(target) })
        expect([target, reply.status === 500]).toEqual([target, false])
        if (reply.status !== 200) continue
        const { url } = echoOf(reply.body)
        expect([target, canonicalPath(url)]).toEqual([target, { path: expect.anything() }])
        expect(obliginglyRead(url), target).toMatch(/^\/(open|docs)(\/|$)/)
      }
    },
  )

  more?.({ world: () => world, logged: (wanted) => proxy.logged(wanted), as })

  describe('without a decision point', () => {
    test('S000-23 S002-26 there is no way through, not even to what is public', async () => {
      // Nobody listens on the first port there is.
      using closed = await start(world.key, { ...world.ports, 7071: 1 })
      for (const target of ['/open', '/docs/a']) {
        const reply = await rawHttp(closed.port, { target })
        expect([target, reply.status >= unanswered, reply.body.includes('"url"')]).toEqual([
          target,
          true,
          false,
        ])
      }
    })

    test('V38 a gateway without a key, or with another’s, lets nothing through', async () => {
      using keyless = await start('vch_none', world.ports)
      for (const target of ['/open', '/docs/a']) {
        expect((await rawHttp(keyless.port, { target })).status).toBe(403)
      }
    })
  })
}
