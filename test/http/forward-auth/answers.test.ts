import { expect, test } from 'vitest'
import { reservedHeaders } from '#core/identity-headers.ts'
import { forwardAuthDoor, token } from './door.ts'

test('S000-12 S000-24 a request with the right passes, and the upstream is told whose it is', async () => {
  await using door = await forwardAuthDoor()
  const bearer = ['authorization', `Bearer ${await token()}`] as const
  for (const ask of [door.nginx, door.caddy]) {
    const reply = await ask('/docs/a?x=1', [bearer])
    expect(reply.status).toBe(200)
    expect(reply.headers).toMatchObject({
      'x-vouchsafe-subject': 'sub_alice',
      'x-vouchsafe-entitlements': 'docs',
      'x-vouchsafe-reason': 'GRANTED',
      'x-vouchsafe-decision-id': expect.stringMatching(/./),
      'x-vouchsafe-revision': expect.stringMatching(/./),
      'x-vouchsafe-tier': '',
    })
    expect(reply.body).toBe('')
  }
})

test('V41 every reserved header is in an answer, empty where nothing is known', async () => {
  await using door = await forwardAuthDoor()
  const reply = await door.caddy('/open')
  expect(reply.status).toBe(200)
  for (const name of reservedHeaders) expect(reply.headers).toHaveProperty(name)
  expect(reply.headers).toMatchObject({ 'x-vouchsafe-subject': '', 'x-vouchsafe-reason': 'PUBLIC' })
})

test('S000-14 denials have their own status, and for nginx one that it can pass on', async () => {
  await using door = await forwardAuthDoor()
  const bearer = ['authorization', `Bearer ${await token()}`] as const
  const other = ['authorization', `Bearer ${await token('bob')}`] as const
  for (const [target, headers, status, forNginx] of [
    ['/docs/a', [], 401, 401],
    ['/docs/a', [['authorization', 'Bearer x.y.z']], 401, 401],
    ['/docs/a', [bearer, bearer], 401, 401],
    ['/docs/a', [other], 403, 403],
    ['/paid', [bearer], 404, 403],
    ['/late', [bearer], 402, 403],
    ['/nowhere', [bearer], 403, 403],
    ['/docs/../docs/a', [bearer], 400, 403],
  ] as const) {
    expect(await door.caddy(target, headers)).toMatchObject({ status })
    const reply = await door.nginx(target, headers)
    expect(reply).toMatchObject({
      status: forNginx,
      headers: { 'x-vouchsafe-reason': expect.stringMatching(/./) },
    })
    expect('www-authenticate' in reply.headers).toBe(forNginx === 401)
  }
})

test('S001-21 a denial that hides says nothing of what is hidden; another says what would help', async () => {
  await using door = await forwardAuthDoor({ upgradeUrl: 'https://shop.example/{entitlement}' })
  const bearer = ['authorization', `Bearer ${await token()}`] as const
  const hidden = await door.caddy('/paid', [bearer])
  expect(JSON.stringify(hidden)).not.toMatch(/paid|NO_GRANT|shop/)
  const denied = JSON.parse((await door.caddy('/late', [bearer])).body)
  expect(denied).toMatchObject({ code: 'NO_GRANT', requiredEntitlement: 'late' })
  expect(denied.upgradeUrl).toBe('https://shop.example/late')
  expect(denied.decision_id).toBeTruthy()
})

test('method and host are the client’s: a route of GET is none of POST, a host’s none of another', async () => {
  await using door = await forwardAuthDoor()
  const bearer = ['authorization', `Bearer ${await token()}`] as const
  expect(await door.nginx('/docs/a', [bearer], 'GET')).toMatchObject({ status: 200 })
  expect(await door.nginx('/docs/a', [bearer], 'POST')).toMatchObject({ status: 403 })
  expect(await door.nginx('/docs', [bearer])).toMatchObject({ status: 200 })
  const elsewhere = await door.ask('/forward-auth/nginx', [
    door.gateway,
    ['x-original-method', 'GET'],
    ['x-original-host', 'other.example'],
    ['x-original-uri', '/docs'],
    bearer,
  ])
  expect(elsewhere).toMatchObject({ status: 403 })
})

test('Envoy asks with the client’s own method, host and path, and is told what to remove', async () => {
  await using door = await forwardAuthDoor()
  const bearer = ['authorization', `Bearer ${await token()}`] as const
  const ask = (path: string, method = 'GET', host = 'app.example') =>
    door.ask(`/forward-auth/envoy${path}`, [door.gateway, ['host', host], bearer], method)
  const reply = await ask('/docs/a?x=/open')
  expect(reply).toMatchObject({ status: 200, headers: { 'x-vouchsafe-subject': 'sub_alice' } })
  const removed = reply.headers['x-envoy-auth-headers-to-remove']?.split(',') ?? []
  expect(removed).toEqual(expect.arrayContaining(['x-vouchsafe-tier', 'x_vouchsafe.subject']))
  expect(removed).not.toContain('x-vouchsafe-subject')
  expect(reply.size).toBeLessThan(4096)
  expect(await ask('/docs', 'PROPFIND')).toMatchObject({ status: 200 })
  expect(await ask('/docs', 'PROPFIND', 'other.example')).toMatchObject({ status: 403 })
  for (const path of ['', '*', 'docs/a', '//docs/a', '/%zz', '/docs/%2e%2e/docs/a', '/..%2fdocs/a']) {
    expect(await ask(path), path).toMatchObject({ status: 400 })
  }
})

test('HARDENING C.5 a part of a body that Envoy sent passes only where the tenant’s route says so', async () => {
  await using door = await forwardAuthDoor()
  const ask = async (path: string, ...partial: string[]) =>
    door.ask(`/forward-auth/envoy${path}`, [
      ...[door.gateway, ['host', 'app.example'] as const],
      ...[['authorization', `Bearer ${await token()}`] as const],
      ...partial.map((value) => ['x-envoy-auth-partial-body', value] as const),
    ])
  expect(await ask('/docs/a', 'false')).toMatchObject({ status: 200 })
  for (const partial of [['true'], ['false', 'true'], ['FALSE'], ['']]) {
    expect(JSON.parse((await ask('/docs/a', ...partial)).body)).toMatchObject({ code: 'BODY_TRUNCATED' })
    expect(await ask('/half', ...partial)).toMatchObject({ status: 200 })
    expect(await ask('/paid', ...partial)).toMatchObject({ status: 404 })
  }
  expect(door.refused[0]).toMatchObject({ reason: 'BODY_TRUNCATED', route: '/docs/{page}' })
})

test.each(['DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'SEARCH', 'PURGE'])(
  'the proxy may ask with %s, and with a body of any type',
  async (method) => {
    await using door = await forwardAuthDoor()
    const told = [
      door.gateway,
      ['x-original-method', 'GET'],
      ['x-original-host', 'app.example'],
      ['x-original-uri', '/open'],
      ['content-type', 'text/odd'],
      ['content-length', '3'],
    ] as const
    expect(await door.ask('/forward-auth/haproxy', told, method, 'abc')).toMatchObject({ status: 200 })
  },
)

test('F37 a body that never comes is not waited for', async () => {
  await using door = await forwardAuthDoor()
  const told = [
    door.gateway,
    ['x-original-method', 'POST'],
    ['x-original-host', 'app.example'],
    ['x-original-uri', '/open'],
    ['content-length', '1000000'],
  ] as const
  expect(await door.ask('/forward-auth/haproxy', told, 'POST', 'abc')).toMatchObject({ status: 200 })
})

test('S000-24 every refusal is kept for security monitoring, and nothing of a token is', async () => {
  await using door = await forwardAuthDoor()
  const text = await token('bob')
  const reply = await door.caddy('/nowhere', [['authorization', `Bearer ${text}`]])
  await door.caddy('/docs//a', [['authorization', `Bearer ${text}`]])
  await door.caddy('/docs/a', [['x-vouchsafe-subject', text]])
  expect(door.refused).toMatchObject([
    { reason: 'ROUTE_UNKNOWN', door: 'forward_auth', decision_id: reply.headers['x-vouchsafe-decision-id'] },
    { reason: 'PATH_REFUSED', detail: 'an empty segment', decision_id: expect.any(String) },
    { reason: 'HEADER_REFUSED', detail: 'the reserved header x-vouchsafe-subject' },
  ])
  const junk = await door.caddy('/docs/a', [['authorization', `Bearer ${text.slice(0, -3)}`]])
  expect(door.refused[3]).toMatchObject({
    reason: 'TOKEN_REFUSED',
    detail: expect.stringMatching(/^The access token was refused: /),
    decision_id: junk.headers['x-vouchsafe-decision-id'],
  })
  const { decisions, security } = await door.journals()
  expect(JSON.stringify([door.refused, decisions, security, door.needs.log])).not.toContain(text.slice(-40))
})

test('S003-15 a decision is recorded with the proxy’s dialect and the route', async () => {
  await using door = await forwardAuthDoor()
  await door.caddy('/docs/a', [['authorization', `Bearer ${await token('bob')}`]])
  const { decisions } = await door.journals()
  expect(JSON.stringify(decisions)).toMatch(/forward_auth/)
  expect(JSON.stringify(decisions)).toMatch(/GET \/docs\/\{page\}/)
})
