import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exchange, forwardAuthDoor, token } from './door.ts'

const bearer = async (sub?: string) => ['authorization', `Bearer ${await token(sub)}`] as const

test('V38 who is no trusted proxy is denied, whatever it sends and whatever key it has', async () => {
  for (const trusted of ['', '127.0.0.2', '10.0.0.0/8,::1']) {
    await using door = await forwardAuthDoor({}, trusted)
    const mine = await bearer()
    const spoofed = [
      ['x-forwarded-for', '127.0.0.1'],
      ['x-real-ip', '127.0.0.1'],
      ['forwarded', 'for=127.0.0.1'],
    ] as const
    for (const ask of [door.nginx, door.caddy]) {
      for (const headers of [[], [mine], [mine, ...spoofed]]) {
        expect(await ask('/open', headers)).toMatchObject({ status: 403 })
        expect(await ask('/docs/a', headers)).toMatchObject({ status: 403 })
      }
    }
    expect(door.refused[0]).toMatchObject({ reason: 'PROXY_NOT_TRUSTED' })
  }
})

test('V38 a trusted address without a gateway’s key is denied, and a client’s token is no key', async () => {
  await using door = await forwardAuthDoor()
  const parts = [
    ['x-original-method', 'GET'],
    ['x-original-host', 'app.example'],
    ['x-original-uri', '/open'],
  ] as const
  const ask = (...headers: (readonly [string, string])[]) =>
    door.ask('/forward-auth/nginx', [...parts, ...headers])
  expect(await ask(door.gateway)).toMatchObject({ status: 200 })
  const text = await token()
  for (const headers of [
    [],
    [['x-internal-token', `${door.key}x`]],
    [['x-internal-token', text]],
    [['authorization', `Bearer ${door.key}`]],
    [door.gateway, door.gateway],
  ] as const) {
    expect(await ask(...headers)).toMatchObject({ status: 403 })
  }
})

test.each([
  'X-Vouchsafe-Subject',
  'x_vouchsafe_subject',
  'X.Vouchsafe.Subject',
  'x-vouchsafe_Tier',
  'X-VOUCHSAFE-ENTITLEMENTS',
  'x-vouchsafe-decision-id',
  "x'vouchsafe|revision",
])('V41 a client that sends %s is refused, also on what is public', async (name) => {
  await using door = await forwardAuthDoor()
  for (const value of ['admin', '']) {
    expect(await door.caddy('/open', [[name, value]])).toMatchObject({ status: 400 })
    expect(await door.nginx('/open', [[name, value]])).toMatchObject({ status: 403 })
  }
})

test.each(['x-vouchsafe-subject', 'close, X-Vouchsafe-Tier', 'X_VOUCHSAFE_TIER ,close'])(
  'V43 Connection: %s is refused',
  async (value) => {
    await using door = await forwardAuthDoor()
    expect(await door.caddy('/open', [['Connection', value]])).toMatchObject({ status: 400 })
  },
)

test('V47 a header that is there twice, joined or missing says nothing', async () => {
  await using door = await forwardAuthDoor()
  const caddy = [
    ['x-forwarded-method', 'GET'],
    ['x-forwarded-proto', 'https'],
    ['x-forwarded-host', 'app.example'],
    ['x-forwarded-uri', '/open'],
  ] as const
  const nginx = [
    ['x-original-method', 'GET'],
    ['x-original-host', 'app.example'],
    ['x-original-uri', '/open'],
  ] as const
  for (const [path, parts] of [
    ['/forward-auth/caddy', caddy],
    ['/forward-auth/traefik', caddy],
    ['/forward-auth/haproxy', nginx],
  ] as const) {
    expect(await door.ask(path, [door.gateway, ...parts])).toMatchObject({ status: 200 })
    for (const [at, [name, value]] of parts.entries()) {
      const others = parts.filter((_, index) => index !== at)
      expect(await door.ask(path, [door.gateway, ...others]), `no ${name}`).toMatchObject({ status: 400 })
      const empty = [door.gateway, ...others, [name, '']] as const
      expect(await door.ask(path, empty), `empty ${name}`).toMatchObject({ status: 400 })
      for (const again of [value, '/docs/a', '']) {
        const twice = [door.gateway, ...parts, [name, again]] as const
        expect(await door.ask(path, twice), `two ${name}`).toMatchObject({ status: 400 })
      }
      const joined = [door.gateway, ...others, [name, `${value}, ${value}`]] as const
      expect((await door.ask(path, joined)).status, `joined ${name}`).toBe(400)
    }
  }
})

test('V47 two tenants, or another than the gateway’s, are denied', async () => {
  await using door = await forwardAuthDoor()
  const tenant = ['x-vouchsafe-tenant', 'acme'] as const
  expect(await door.caddy('/open', [tenant])).toMatchObject({ status: 200 })
  expect(await door.caddy('/open', [tenant, tenant])).toMatchObject({ status: 400 })
  expect(await door.caddy('/open', [['x-vouchsafe-tenant', 'globex']])).toMatchObject({ status: 403 })
})

test('V47 a gateway of the platform names the tenant; without one, or another than the token’s, it is denied', async () => {
  await using door = await forwardAuthDoor()
  const { text } = door.keyOf(['gateway'], '')
  const told = [
    ['x-internal-token', text],
    ['x-original-method', 'GET'],
    ['x-original-host', 'app.example'],
  ] as const
  const ask = (target: string, ...more: (readonly [string, string])[]) =>
    door.ask('/forward-auth/haproxy', [...told, ['x-original-uri', target], ...more])
  expect(await ask('/open')).toMatchObject({ status: 403 })
  expect(await ask('/open', ['x-vouchsafe-tenant', 'acme'])).toMatchObject({ status: 200 })
  expect(await ask('/open', ['x-vouchsafe-tenant', 'globex'])).toMatchObject({ status: 403 })
  expect(await ask('/docs/a', await bearer(), ['x-vouchsafe-tenant', 'acme'])).toMatchObject({ status: 200 })
  expect(await ask('/docs/a', await bearer(), ['x-vouchsafe-tenant', 'globex'])).toMatchObject({
    status: 403,
  })
})

test('V39 the query and what looks like a public path inside another widen nothing', async () => {
  await using door = await forwardAuthDoor()
  for (const target of ['/docs/a?x=/open', '/docs/a?/open', '/docs/open', '/open/docs/a']) {
    expect((await door.caddy(target)).status, target).toBeGreaterThanOrEqual(401)
  }
  for (const target of ['/docs/a#/open', '/open#', '/open%23', '/open%3f', '/open;x', '/docs/..;/open']) {
    expect(await door.caddy(target), target).toMatchObject({ status: 400 })
  }
})

test('V40 V42 S002-22 S002-44 no other header changes an answer', async () => {
  await using door = await forwardAuthDoor()
  const names = fc.constantFrom(
    'user-agent',
    'x-forwarded-prefix',
    'x-forwarded-port',
    'x-forwarded-for',
    'x-original-url',
    'x-rewrite-url',
    'x-http-method-override',
    'x-original-uri',
    'x-original-method',
    'x-forwarded-server',
    'forwarded',
    'cookie',
    'x-hyops-sub',
    'x-hyops-tier',
    'x-hyops-entitlements',
    'connect-timeout-ms',
    'traceparent',
    'x-envoy-auth-partial-body',
    'x-user',
    'proxy-authorization',
    'upgrade-insecure-requests',
  )
  const values = fc.constantFrom(
    'kube-probe/1.30',
    'GoogleHC/1.0',
    '/open',
    'admin',
    'alice',
    'GET',
    '-1',
    'docs',
  )
  const other = await bearer('bob')
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(names, values), { maxLength: 6 }), async (headers) => {
      expect((await door.caddy('/docs/a', [other, ...headers])).status).toBe(403)
    }),
    { numRuns: 60 },
  )
})

test('V69 V46 a principal’s name that is long or odd is escaped or left out, within 4 KB', async () => {
  await using door = await forwardAuthDoor()
  const odd = await bearer('sub%0d%0aset-cookie:a=b')
  const reply = await door.caddy('/open', [odd])
  expect(reply).toMatchObject({ status: 200 })
  expect(reply.headers['x-vouchsafe-subject']).toMatch(/%250d%250aset-cookie/)
  expect(reply.headers).not.toHaveProperty('set-cookie')
  for (const sub of ['a\r\nset-cookie: a=b', 'a\0', '\ud800', 'x'.repeat(6000)]) {
    const refused = await door.caddy('/docs/a', [await bearer(sub)])
    expect(refused.status).toBeGreaterThanOrEqual(401)
    expect(refused.status).toBeLessThan(500)
    expect(refused.size).toBeLessThan(4096)
  }
})

test('V49 V69 bytes that are no text never make a 500', async () => {
  await using door = await forwardAuthDoor()
  for (const value of ['/docs/\xff', '/docs/\xc0\xaf', '/open\x0b', '/ope\tn', '/open\x7f']) {
    expect(await door.caddy(value), JSON.stringify(value)).toMatchObject({ status: 400 })
  }
  // The parser of HTTP ends these before any door sees them.
  for (const value of ['/open\0', '/open\r', '/open\n']) {
    expect((await door.caddy(value)).status, JSON.stringify(value)).toBe(400)
  }
  expect((await door.caddy('/open', [['x-big', 'x'.repeat(17_000)]])).status).toBe(431)
  const most = await door.caddy('/open', [['x-big', 'x'.repeat(15_000)]])
  expect(most).toMatchObject({ status: 200 })
  expect((await door.caddy(`/docs/${'x'.repeat(9000)}`)).status).toBe(400)
  const { port } = door.server
  const broken = await exchange(port, Buffer.from('GET /forward-auth/nginx HTTP/1.1\r\nno header\r\n\r\n'))
  expect(broken).toMatch(/^HTTP\/1.1 400/)
})

test('any bytes as a target: an answer, and never a way through', async () => {
  await using door = await forwardAuthDoor()
  const text = fc
    .string({ unit: 'binary-ascii', maxLength: 30 })
    .map((each) => each.replace(/[\r\n\0]/g, '/'))
  await fc.assert(
    fc.asyncProperty(text, async (target) => {
      const { status } = await door.caddy(`/docs${target}`)
      expect([400, 401, 403]).toContain(status)
    }),
    { numRuns: 150 },
  )
})
