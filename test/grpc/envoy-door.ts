import type { MessageInitShape } from '@bufbuild/protobuf'
import { Client, credentials } from '@grpc/grpc-js'
import type { Route } from '#core/route.ts'
import type { AttributeContext_HttpRequestSchema } from '#gen/envoy/service/auth/v3/attribute_context_pb.ts'
import { Authorization, type CheckResponse } from '#gen/envoy/service/auth/v3/external_auth_pb.ts'
import { type GrpcNeeds, startGrpcServer } from '#grpc/start-grpc-server.ts'
import { openStack } from '#test/fixtures/stack.ts'
import { entitlement, gives, grant, tenantId, viewOf, type World } from '#test/fixtures/view.ts'
import { issuer, makeKey, sign } from '#test/identity/fixtures.ts'
import { clientOf } from './door.ts'

const signing = makeKey('k1', 'EdDSA')
export const row = issuer({ tenant: tenantId, jwks: { keys: [signing.jwk] } })

export type Http = MessageInitShape<typeof AttributeContext_HttpRequestSchema>
export const ok = { method: 'GET', host: 'app.example', path: '/docs/a' }
export const { check } = Authorization.method

const route = (pattern: string, more: Partial<Route> = {}): Route => ({
  id: `r${pattern}`,
  host: '*',
  method: '*',
  pattern,
  public: false,
  any_of: [],
  all_of: [],
  context: {},
  ...more,
})

export function token(sub = 'alice', changes: Record<string, unknown> = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return sign(signing, { iss: row.iss, aud: 'api', sub, iat: now - 10, exp: now + 300, ...changes })
}

/** Alice has docs; of paid there is 404, of late 402. */
const world: World = {
  revision: 7,
  routes: [
    route('/open', { public: true }),
    route('/half', { all_of: ['docs'], partial_body: true }),
    route('/docs/{page}', { all_of: ['docs'] }),
    route('/paid/{rest...}', { any_of: ['paid'] }),
    route('/late', { all_of: ['docs', 'late'] }),
    route('/nothing', { all_of: ['unheard'] }),
    route('/apps/{app}', { method: 'GET', all_of: ['download'], context: { product: 'app' } }),
  ],
  catalogue: {
    issuers: [row],
    givers: new Map([['docs', new Map([['e-docs', gives('entitlement')]])]]),
    entitlements: new Map(
      [entitlement('docs'), entitlement('paid', { deny_as: 404 }), entitlement('late', { deny_as: 402 })].map(
        (each) => [each.key, each],
      ),
    ),
  },
  identities: { [`${row.iss}|alice`]: 'alice' },
  grants: { alice: [grant({ target: 'e-docs' })] },
}

/** The real gRPC server over the whole reading loop, asked as Envoy asks. */
export async function envoyDoor(changes: Partial<GrpcNeeds> = {}) {
  const stack = await openStack([viewOf(world)])
  const refused: Record<string, unknown>[] = []
  const needs = { ...stack.needs, ...changes, security: (event: object) => void refused.push({ ...event }) }
  const server = await startGrpcServer(needs, { host: '127.0.0.1', port: 0 })
  const client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure())
  const keys = { keyOf: (roles: Parameters<typeof stack.keyOf>[0]) => stack.keyOf(roles).text }
  const rpc = clientOf(client, keys as never)
  const gateway = stack.keyOf(['gateway']).text
  return {
    stack,
    port: server.port,
    refused,
    ...rpc,
    gateway,
    /** Asks as the tenant's gateway does. */
    ask: (http: Http, extensions: Record<string, string> = {}, key = gateway): Promise<CheckResponse> =>
      rpc.call(check, { attributes: { request: { http }, contextExtensions: extensions } }, { key }),
    async [Symbol.asyncDispose]() {
      client.close()
      server.close()
      await stack[Symbol.asyncDispose]()
    },
  }
}

/** What Envoy would do. */
export function told(response: CheckResponse) {
  const { case: kind, value } = response.httpResponse
  const metadata = response.dynamicMetadata
  if (kind === 'okResponse') {
    const headers = Object.fromEntries(value.headers.map(({ header }) => [header?.key, header?.value]))
    return { allowed: response.status?.code === 0, headers, removed: value.headersToRemove, metadata }
  }
  if (kind !== 'deniedResponse' || response.status?.code === 0) throw new Error('an answer that says nothing')
  const headers = Object.fromEntries(value.headers.map(({ header }) => [header?.key, header?.value]))
  const { code } = metadata as { code: string }
  return { allowed: false, status: value.status?.code, code, headers, body: JSON.parse(value.body), metadata }
}
