import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRoute, type RouteDocument } from '#admin/routes.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { scopeOf } from '#test/fixtures/catalogue.ts'
import { startUpstream } from './echo-upstream.ts'

const routes: readonly Partial<RouteDocument>[] = [
  { pattern: '/open', public: true },
  { pattern: '/open/{rest...}', public: true },
  { pattern: '/docs/{page}', all_of: ['docs_paid'] },
  { host: 'own.example', pattern: '/docs/{page}', all_of: ['copilot_paid'] },
  { method: 'POST', pattern: '/docs/{page}', all_of: ['copilot_paid'] },
  { pattern: '/plain/report', any_of: ['copilot_paid'] },
  { pattern: '/named/{doc}', all_of: ['copilot_paid'] },
  { pattern: '/under/{rest...}', all_of: ['copilot_paid'] },
  { pattern: '/products/{product}/manifest', all_of: ['manifest'], context: { product: 'product' } },
]

export function example(path: string): string {
  return readFileSync(join(import.meta.dirname, '../../examples', path), 'utf8')
}

/** A whole server that trusts proxies on this machine, its upstream, a gateway's key, and tokens of the demo's people. */
export async function forwardAuthWorld() {
  const server: Server = await startServer({ VOUCHSAFE_TRUSTED_PROXIES: '127.0.0.1' })
  const upstream = await startUpstream(join(import.meta.dirname, '../../examples/envoy/upstream.js'))
  const { acme } = server.place.tenants
  await server.write(acme, async (tx) => {
    for (const route of routes) {
      const document = { public: false, any_of: [], all_of: [], context: {}, ...route }
      await createRoute(tx, scopeOf(acme), document as unknown as RouteDocument)
    }
  })
  const { key } = await server.caller(acme, 'gateway')
  const tokens: Record<string, string> = {}
  for (const name of ['alice', 'bob', 'kim', 'zoe']) tokens[name] = await server.place.token(name)
  return {
    server,
    key,
    tokens,
    /** Of the examples → of this world. */
    ports: { 7071: Number(server.http.split(':')[1]), 8090: upstream.port },
    async stop() {
      upstream[Symbol.dispose]()
      await server.stop()
    },
  }
}

export type ForwardAuthWorld = Awaited<ReturnType<typeof forwardAuthWorld>>
