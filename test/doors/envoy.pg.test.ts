import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { devIss } from '#main/dev-issuer.ts'
import { echoOf, takenFor } from './echo-upstream.ts'
import { type EnvoyPlace, startEnvoyPlace } from './envoy-place.ts'
import { findProgram, missing } from './programs.ts'
import { rawHttp } from './raw-http.ts'

const program = findProgram('envoy')

describe.skipIf(program === undefined)(program ? 'the real Envoy' : missing('envoy'), () => {
  let started: EnvoyPlace | undefined
  const place = (): EnvoyPlace => started as EnvoyPlace
  const as: EnvoyPlace['as'] = (name, request) => place().as(name, request)
  beforeAll(async () => {
    started = await startEnvoyPlace(program ?? '')
  })
  afterAll(() => started?.stop())

  test('S000-12 S000-13 S000-23 who has the right reaches the upstream, who has not does not', async () => {
    const passed = await as('bob', { target: '/docs/intro?page=2' })
    expect(passed.status).toBe(200)
    expect(echoOf(passed.body)).toMatchObject({ method: 'GET', url: '/docs/intro?page=2' })

    const denied = await as('alice', { target: '/docs/intro' })
    expect(denied).toMatchObject({ status: 403, headers: { 'content-type': 'application/json' } })
    expect(JSON.parse(denied.body)).toMatchObject({ code: 'NO_GRANT', requiredEntitlement: 'docs_paid' })
    expect((await rawHttp(place().envoy.port, { target: '/docs/intro' })).headers).toMatchObject({
      'www-authenticate': 'Bearer',
    })
    expect((await rawHttp(place().envoy.port, { target: '/open' })).status).toBe(200)
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

  test('S001-17 S001-19 a token and a blob of a restricted product need its right, of an open one none', async () => {
    for (const [method, target] of [
      ['POST', '/token/PRODUCT'],
      ['GET', '/blobs/PRODUCT/sha256:0a/1'],
    ] as const) {
      const of = (product: string) => ({ method, target: target.replace('PRODUCT', product) })
      expect((await as('alice', of('runner'))).status).toBe(403)
      expect((await as('alice', of('handbook'))).status).toBe(200)
      expect((await as('kim', of('runner'))).status).toBe(200)
    }
    expect((await as('kim', { method: 'GET', target: '/token/runner' })).status).toBe(403)
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
    await place().server.operator.grant({ tenant: 'acme', holder, target, reason: 'test' })
    await expect.poll(async () => (await as('zoe', { target: '/plain/report' })).status).toBe(200)
    const passed = await as('zoe', { target: '/plain/report' })

    const [id = ''] = takenFor(echoOf(passed.body), 'x-vouchsafe-decision-id')
    expect(await place().envoy.logged(({ decision_id }) => decision_id === id)).toMatchObject({
      status: 200,
      code: 'GRANTED',
      route: '/plain/report',
    })
    const denied = await as('alice', { target: '/plain/report' })
    const other = denied.headers['x-vouchsafe-decision-id']
    expect(await place().envoy.logged(({ decision_id }) => decision_id === other)).toMatchObject({
      status: 403,
      code: 'NO_GRANT',
      details: 'ext_authz_denied',
    })
  })
})

test.skipIf(program === undefined)(
  program ? 'S000-23 where the decision point is gone there is no way through' : missing('envoy'),
  async () => {
    const place = await startEnvoyPlace(program ?? '')
    onTestFinished(() => place.stop())
    expect((await place.as('bob', { target: '/docs/a' })).status).toBe(200)
    await place.server.stop()
    for (const target of ['/docs/a', '/open', '/nowhere'])
      expect(await place.as('kim', { target })).toMatchObject({ status: 503, body: '' })
    expect(await place.envoy.logged(({ path }) => path === '/open')).toMatchObject({
      details: 'ext_authz_error',
    })
  },
)
