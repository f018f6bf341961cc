import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRoute, type RouteDocument } from '#admin/routes.ts'
import { devAudience, devIss } from '#main/dev-issuer.ts'
import { benchQuestions } from '#test/bench/questions.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { scopeOf } from '#test/fixtures/catalogue.ts'
import { openDoors } from './conformance/open-doors.ts'
import { routeOf } from './conformance/route-of.ts'

let server: Server
let doors: ReturnType<typeof openDoors>

beforeAll(async () => {
  server = await startServer({ VOUCHSAFE_TRUSTED_PROXIES: '127.0.0.1' })
  const { acme } = server.place.tenants
  doors = openDoors({
    grpc: server.grpc,
    http: server.http,
    service: (await server.caller(acme, 'service')).key,
    gateway: (await server.caller(acme, 'gateway')).key,
  })
})
afterAll(async () => {
  await doors?.close()
  await server?.stop()
})

test('M-8 S000-12 S002-20 S002-25 S002-26 what the people of the demo ask a whole server, at every door', async () => {
  const questions = await benchQuestions({
    iss: devIss,
    audience: devAudience,
    jwks: server.place.jwks as never,
    sign: (sub, claims) => server.place.token(sub, claims),
  })
  const { acme } = server.place.tenants
  const routes = new Map(questions.map((ask) => [routeOf(ask).route.pattern, routeOf(ask).route]))
  await server.write(acme, async (tx) => {
    for (const route of routes.values())
      await createRoute(tx, scopeOf(acme), route as unknown as RouteDocument)
  })
  let allowed = 0
  for (const ask of questions) if ((await doors.agreed(ask)).allowed) allowed++
  expect(questions.length - allowed).toBeGreaterThan(10)
  expect(allowed).toBeGreaterThan(10)
})
