import { join } from 'node:path'
import { createRoute, type RouteDocument } from '#admin/routes.ts'
import { startServer } from '#test/end-to-end/server.ts'
import { scopeOf } from '#test/fixtures/catalogue.ts'
import { startUpstream } from './echo-upstream.ts'
import { type RawRequest, rawHttp } from './raw-http.ts'
import { startEnvoy } from './start-envoy.ts'

const upstreamFile = join(import.meta.dirname, '../../examples/envoy/upstream.js')

const routes: readonly Partial<RouteDocument>[] = [
  { pattern: '/open', public: true },
  { pattern: '/open/{rest...}', public: true },
  { pattern: '/docs/{page}', all_of: ['docs_paid'] },
  { pattern: '/half/{page}', all_of: ['docs_paid'], partial_body: true },
  { pattern: '/plain/report', any_of: ['copilot_paid'] },
  { pattern: '/named/{doc}', all_of: ['copilot_paid'] },
  { pattern: '/under/{rest...}', all_of: ['copilot_paid'] },
  { pattern: '/products/{product}/download', all_of: ['download'], context: { product: 'product' } },
  { pattern: '/token/{product}', method: 'POST', all_of: ['use'], context: { product: 'product' } },
  { pattern: '/blobs/{product}/{rest...}', all_of: ['download'], context: { product: 'product' } },
  { pattern: '/products/{product}/manifest', all_of: ['manifest'], context: { product: 'product' } },
]

export type EnvoyPlace = Awaited<ReturnType<typeof startEnvoyPlace>>

/** A whole server with routes of the demo's tenant acme, an upstream, and the real Envoy between a client and both. */
export async function startEnvoyPlace(program: string) {
  const server = await startServer()
  const upstream = await startUpstream(upstreamFile)
  const { acme } = server.place.tenants
  await server.write(acme, async (tx) => {
    for (const route of routes) {
      const document = { public: false, any_of: [], all_of: [], context: {}, ...route }
      await createRoute(tx, scopeOf(acme), document as unknown as RouteDocument)
    }
  })
  const { key } = await server.caller(acme, 'gateway')
  const grpc = Number(server.grpc.split(':')[1])
  const another = (edit?: (text: string) => string) =>
    startEnvoy(program, key, { grpc, upstream: upstream.port }, edit)
  const envoy = await another()
  const tokens: Record<string, string> = {}
  for (const name of ['alice', 'bob', 'kim', 'zoe']) tokens[name] = await server.place.token(name)
  return {
    server,
    envoy,
    tokens,
    /** An Envoy with a configuration that differs. */
    another,
    /** One request with the token of a person of the demo. */
    as: (name: string, request: RawRequest = {}) => {
      const authorization = ['Authorization', `Bearer ${tokens[name]}`] as const
      return rawHttp(envoy.port, { ...request, headers: [authorization, ...(request.headers ?? [])] })
    },
    async stop() {
      envoy[Symbol.dispose]()
      upstream[Symbol.dispose]()
      await server.stop()
    },
  }
}
