import { createPageTokens } from '#admin/page-tokens.ts'
import { networks } from '#config/networks.ts'
import type { Route } from '#core/route.ts'
import { startGrpcServer } from '#grpc/start-grpc-server.ts'
import { startHttpServer } from '#http/start-http-server.ts'
import { createSearchPages } from '#rpc/search-pages.ts'
import { openStack } from '#test/fixtures/stack.ts'
import { emptyCatalogue, tenantId, viewOf, type World } from '#test/fixtures/view.ts'
import { issuer, makeKey, sign } from '#test/identity/fixtures.ts'
import type { Ask, Place } from './door.ts'
import { openDoors } from './open-doors.ts'
import { routeOf } from './route-of.ts'

const signing = makeKey('k1', 'EdDSA')
const provider = issuer({
  tenant: tenantId,
  jwks: { keys: [signing.jwk] },
  claim_map: { tier: 'tier', roles: ['roles'], entitlements: 'entitlements' },
})

/** Alice's. */
export function token(claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return sign(signing, {
    iss: provider.iss,
    aud: 'api',
    sub: 'alice',
    iat: now - 10,
    exp: now + 300,
    ...claims,
  })
}

/** The whole reading loop over a world in memory, behind every door. */
export async function memoryPlace() {
  const stack = await openStack([viewOf({})])
  const unasked = () => Promise.reject(new Error('Nothing is searched here.'))
  const pages = createSearchPages({ tokens: createPageTokens('s'), newId: () => 'id', now: Date.now })
  const authzen = { which: unasked, whoMay: unasked, people: () => undefined, pages }
  const needs = { ...stack.needs, authzen, trustedProxies: networks('127.0.0.1') }
  const here = { host: '127.0.0.1', port: 0 }
  const [grpc, http] = [await startGrpcServer(needs, here), await startHttpServer(needs, here)]
  const place: Place = {
    grpc: `127.0.0.1:${grpc.port}`,
    http: `127.0.0.1:${http.port}`,
    service: stack.keyOf(['service']).text,
    gateway: stack.keyOf(['gateway']).text,
  }
  const doors = openDoors(place)
  return {
    ...place,
    state: stack.state,
    doors: doors.doors,
    agreed: doors.agreed,
    /** From here on the tenant is this world, with these routes or the way to put this question. */
    become(world: World, ask: Ask | readonly Route[]) {
      const catalogue = { ...emptyCatalogue(), ...world.catalogue, issuers: [provider] }
      const identities = { [`${provider.iss}|alice`]: 'alice' }
      const routes = 'token' in ask ? [{ id: 'r', ...routeOf(ask).route }] : ask
      stack.views.set(tenantId, viewOf({ ...world, catalogue, identities, routes }))
    },
    async [Symbol.asyncDispose]() {
      await doors.close()
      grpc.close()
      await http.close()
      await stack[Symbol.asyncDispose]()
    },
  }
}
