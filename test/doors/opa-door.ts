import { networks } from '#config/networks.ts'
import type { Json } from '#core/json.ts'
import type { Route } from '#core/route.ts'
import type { Role } from '#core/tenant-view.ts'
import { type HttpNeeds, startHttpServer } from '#http/start-http-server.ts'
import { openStack } from '#test/fixtures/stack.ts'
import { entitlement, gives, grant, tenantId, viewOf, type World } from '#test/fixtures/view.ts'
import { issuer, makeKey, sign } from '#test/identity/fixtures.ts'

const signing = makeKey('k1', 'EdDSA')
const row = issuer({ tenant: tenantId, jwks: { keys: [signing.jwk] } })
export const alice = '01990000-0000-7000-8000-0000000000a1'

export function token(sub = 'alice', changes: Record<string, unknown> = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return sign(signing, { iss: row.iss, aud: 'api', sub, iat: now - 10, exp: now + 300, ...changes })
}

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

/** Alice has docs; of paid there is 404. */
const world: World = {
  revision: 7,
  routes: [
    route('/open', { public: true }),
    route('/docs/{page}', { method: 'GET', all_of: ['docs'] }),
    route('/paid', { any_of: ['paid'] }),
  ],
  catalogue: {
    issuers: [row],
    givers: new Map(
      ['docs', 'docs_paid'].map((key) => [key, new Map([['e-docs', gives('entitlement')]])] as const),
    ),
    entitlements: new Map(
      [entitlement('docs'), entitlement('docs_paid'), entitlement('paid', { deny_as: 404 })].map((each) => [
        each.key,
        each,
      ]),
    ),
  },
  identities: { [`${row.iss}|alice`]: alice },
  grants: { [alice]: [grant({ target: 'e-docs' })] },
}

type Sent = { readonly body?: unknown; readonly headers?: Record<string, string>; readonly method?: string }
type Result = Readonly<Record<string, Json>> & { readonly headers: Record<string, string> }
export type Told = { readonly result: Result; readonly decision_id: string }

/** The real HTTP server over the whole reading loop, asked as a client of OPA asks. */
export async function opaDoor(changes: Partial<HttpNeeds> = {}) {
  const stack = await openStack([viewOf(world)])
  const refused: Record<string, unknown>[] = []
  const needs = {
    ...stack.needs,
    version: '1.2.3',
    bundleAt: () => 'b-in-force',
    security: (event: object) => void refused.push({ ...event }),
    ...changes,
  }
  const server = await startHttpServer(needs, { host: '127.0.0.1', port: 0 })
  const base = `http://127.0.0.1:${server.port}`
  const key = stack.keyOf(['service']).text

  /** A header that is empty is not sent. */
  const send = (path: string, { body, headers, method = 'POST' }: Sent = {}) => {
    const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
    const all = { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers }
    return fetch(base + path, {
      method,
      headers: Object.entries(all).filter(([, value]) => value !== ''),
      ...(body !== undefined && { body: text as string }),
    })
  }
  return {
    ...stack,
    refused,
    base,
    key,
    send,
    keyFor: (roles: readonly Role[]) => stack.keyOf(roles).text,
    gateway: async (input: unknown) => {
      const reply = await send('/v1/data/vouchsafe/gateway', { body: { input } })
      return { status: reply.status, ...((await reply.json()) as Told) }
    },
    async [Symbol.asyncDispose]() {
      await server.close()
      await stack[Symbol.asyncDispose]()
    },
  }
}

export const loopback = networks('127.0.0.1')

type Headers = Readonly<Record<string, Json>>

/** What Kong's plugin sends, as its handler builds it. */
export function kong(path: string, headers: Headers = {}, more: Record<string, Json> = {}) {
  return {
    request: {
      http: {
        method: 'GET',
        scheme: 'https',
        host: 'app.example',
        port: 8443,
        path,
        headers: { host: 'app.example', 'user-agent': 'curl/8.5.0', ...headers },
        querystring: {},
        tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', client_verify: 'NONE' },
        ...more,
      },
    },
    client_ip: '203.0.113.9',
    service: { id: 's1', name: 'app' },
  }
}

/** What APISIX's plugin sends, as its helper builds it. */
export function apisix(path: string, headers: Headers = {}, more: Record<string, Json> = {}) {
  return {
    type: 'http',
    request: {
      scheme: 'http',
      method: 'GET',
      host: 'app.example',
      port: 9080,
      path,
      headers: { host: 'app.example', 'user-agent': 'curl/8.5.0', ...headers },
      query: {},
      ...more,
    },
    var: {
      server_addr: '10.0.0.2',
      server_port: '9080',
      remote_addr: '203.0.113.9',
      remote_port: '40102',
      timestamp: 1_700_000_000,
    },
  }
}
