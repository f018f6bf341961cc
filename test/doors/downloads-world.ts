import { createServer } from 'node:http'
import { createRoute, type RouteDocument } from '#admin/routes.ts'
import { connectJson } from '#test/end-to-end/connect-json.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { scopeOf } from '#test/fixtures/catalogue.ts'

/** What a service of downloads and a registry stand behind. */
const routes: readonly Partial<RouteDocument>[] = [
  { method: 'GET', pattern: '/v1/downloads', all_of: ['member'] },
  { method: 'GET', pattern: '/v1/applications/{app}/downloads', all_of: ['member'] },
  { pattern: '/files/{module}/{app}', all_of: ['download'], context: { module: 'module', product: 'app' } },
  { pattern: '/v2/{app}/manifests/{tag}', all_of: ['manifest'], context: { product: 'app' } },
  {
    method: 'POST',
    pattern: '/auth/token/{module}/{app}',
    all_of: ['download'],
    context: { module: 'module', product: 'app' },
  },
]

export type DownloadsWorld = Awaited<ReturnType<typeof downloadsWorld>>

/** A whole server, and the service behind the gateways: its lists are what Vouchsafe leaves of them. */
export async function downloadsWorld() {
  const server = await startServer({ VOUCHSAFE_TRUSTED_PROXIES: '127.0.0.1' })
  const { acme } = server.place.tenants
  await server.write(acme, async (tx) => {
    for (const route of routes) {
      const document = { public: false, any_of: [], all_of: [], context: {}, method: '*', ...route }
      await createRoute(tx, scopeOf(acme), document as unknown as RouteDocument)
    }
  })
  const gateway = await server.caller(acme, 'gateway')
  const service = await server.caller(acme, 'service')
  const upstream = await startService({ http: server.http, key: service.key })
  return {
    server,
    gateway: gateway.key,
    /** What reached the service, as "method path". */
    reached: upstream.reached,
    /** Of the examples → of this world. */
    ports: {
      7070: Number(server.grpc.split(':')[1]),
      7071: Number(server.http.split(':')[1]),
      8090: upstream.port,
    },
    async stop() {
      await upstream.stop()
      await server.stop()
    },
  }
}

async function startService(pdp: Pick<Server, 'http' | 'key'>) {
  const reached: string[] = []
  const service = createServer(async (request, response) => {
    reached.push(`${request.method} ${request.url}`)
    const app = /^\/v1\/applications\/([\w-]+)\/downloads$/.exec(request.url ?? '')?.[1]
    const lists = app !== undefined || request.url === '/v1/downloads'
    const said = lists ? await filtered(pdp, request.headers.authorization ?? '', app) : { done: true }
    const body = JSON.stringify(said)
    const head = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    response.writeHead(200, head).end(body)
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  const address = service.address()
  return {
    reached,
    port: typeof address === 'object' && address !== null ? address.port : 0,
    stop: () =>
      new Promise<void>((resolve) => {
        service.close(() => resolve())
        service.closeAllConnections()
      }),
  }
}

/** All products, or this one, that the bearer may download. */
async function filtered(pdp: Pick<Server, 'http' | 'key'>, authorization: string, app?: string) {
  const { body } = await connectJson(pdp, 'FilterResources', {
    subject: { accessToken: authorization.replace(/^Bearer /, '') },
    kind: 'product',
    entitlement: 'download',
    ids: app === undefined ? [] : [app],
    context: { module: 'downloads' },
  })
  return { downloads: body.ids ?? [] }
}
