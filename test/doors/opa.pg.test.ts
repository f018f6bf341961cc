import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { RouteService } from '#gen/vouchsafe/admin/v1/route_service_pb.ts'
import { devIss } from '#main/dev-issuer.ts'
import { makePlace, type Place } from '#test/end-to-end/place.ts'
import { type Server, serve } from '#test/end-to-end/server.ts'
import { apisix, kong } from './opa-door.ts'

let place: Place
let server: Server

beforeAll(async () => {
  place = await makePlace()
  const first = await serve(place)
  const { key } = await first.caller(place.tenants.acme, 'gateway')
  await first.stop()
  const env = { VOUCHSAFE_TRUSTED_PROXIES: '127.0.0.1', VOUCHSAFE_OPA_GATEWAY_KEY: key }
  server = await serve(place, { env })
})
afterAll(async () => {
  await server?.stop()
  await place?.remove()
})

/** What the plugins send: a media type and nothing else. */
async function ask(path: string, body: unknown) {
  const headers = { 'content-type': 'application/json' }
  const reply = await fetch(`http://${server.http}${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  return { status: reply.status, ...((await reply.json()) as { readonly result?: Record<string, unknown> }) }
}

test('M-8 S000-12 S000-13 S000-14 Kong and APISIX turn a person away, and let them through from the next revision on', async () => {
  const route = { pattern: '/docs/{page}', allOf: ['docs_paid'] }
  const made = await server.operator.call(RouteService.method.createRoute)({ tenant: 'acme', route })
  expect(made.route?.id).toMatch(/^rte_/)
  const authorization = `Bearer ${await place.token('visitor', {})}`
  const both = () =>
    Promise.all(
      [kong, apisix].map((shape) =>
        ask('/v1/data/vouchsafe/gateway', { input: shape('/docs/intro', { authorization }) }),
      ),
    )
  await vi.waitFor(async () => {
    for (const { status, result } of await both()) {
      expect(status).toBe(200)
      expect(result).toMatchObject({
        allow: false,
        status: 403,
        status_code: 403,
        message: { code: 'NO_GRANT' },
      })
    }
  })
  const holder = { holder: { case: 'identity', value: { issuer: devIss, subject: 'visitor' } } } as const
  const target = { target: { case: 'entitlement', value: 'docs_paid' } } as const
  await server.operator.grant({ tenant: 'acme', holder, target })
  await vi.waitFor(async () => {
    for (const { result } of await both()) {
      expect(result).toMatchObject({ allow: true, headers: { 'x-vouchsafe-entitlements': 'docs_paid' } })
    }
  })
})

test('S001-38 provenance and status name the server and the bundle that decide', async () => {
  const headers = { authorization: `Bearer ${server.key}` }
  const reply = await fetch(`http://${server.http}/v1/status`, { headers })
  expect(await reply.json()).toMatchObject({
    result: {
      bundles: { vouchsafe: { active_revision: server.bundle } },
      labels: { version: expect.stringMatching(/^\d+\.\d+\.\d+/) },
    },
  })
  expect((await fetch(`http://${server.http}/health?bundles`)).status).toBe(200)
})
