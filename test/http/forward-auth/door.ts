import { connect } from 'node:net'
import { networks } from '#config/networks.ts'
import type { Route } from '#core/route.ts'
import { type HttpNeeds, type HttpOptions, startHttpServer } from '#http/start-http-server.ts'
import { openStack } from '#test/fixtures/stack.ts'
import { entitlement, gives, grant, tenantId, tierPlan, viewOf, type World } from '#test/fixtures/view.ts'
import { issuer, makeKey, sign } from '#test/identity/fixtures.ts'

const signing = makeKey('k1', 'EdDSA')
export const row = issuer({ tenant: tenantId, jwks: { keys: [signing.jwk] } })

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

/** Alice has docs, on GET only; of paid there is 404, of late 402. */
const world: World = {
  revision: 7,
  routes: [
    route('/open', { public: true }),
    route('/half', { all_of: ['docs'], partial_body: true }),
    route('/docs/{page}', { method: 'GET', all_of: ['docs'] }),
    route('/docs', { host: 'app.example', all_of: ['docs'] }),
    route('/paid', { any_of: ['paid'] }),
    route('/late', { all_of: ['docs', 'late'] }),
    route('/tests', { all_of: ['tests'] }),
  ],
  catalogue: {
    issuers: [row],
    plans: new Map([['pro', tierPlan('pro', 2)]]),
    givers: new Map([['docs', new Map([['e-docs', gives('entitlement')]])]]),
    entitlements: new Map(
      [
        entitlement('docs'),
        entitlement('tests'),
        entitlement('paid', { deny_as: 404 }),
        entitlement('late', { deny_as: 402 }),
      ].map((each) => [each.key, each]),
    ),
  },
  identities: { [`${row.iss}|alice`]: 'alice' },
  grants: { alice: [grant({ target: 'e-docs' })] },
}

type Header = readonly [name: string, value: string]
export type Reply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Bytes of head and body. */
  readonly size: number
}

/** The real HTTP server over the whole reading loop, asked as proxies ask, byte for byte. */
export async function forwardAuthDoor(
  changes: Partial<HttpNeeds> = {},
  trusted = '127.0.0.1',
  options: Partial<HttpOptions> = {},
) {
  const stack = await openStack([viewOf(world)])
  const refused: Record<string, unknown>[] = []
  const needs: HttpNeeds = {
    ...stack.needs,
    ...(trusted !== '' && { trustedProxies: networks(trusted) }),
    security: (event: object) => void refused.push({ ...event }),
    ...changes,
  }
  const server = await startHttpServer(needs, { host: '127.0.0.1', port: 0, ...options })
  const { text: key } = stack.keyOf(['gateway'])
  const gateway: Header = ['x-internal-token', key]

  async function ask(path: string, headers: readonly Header[], method = 'GET', body = ''): Promise<Reply> {
    const lines = [...headers, ['connection', 'close'] as const].map((each) => each.join(': '))
    const hosts = headers.some(([name]) => name === 'host') ? [] : ['host: vouchsafe']
    const text = [`${method} ${path} HTTP/1.1`, ...hosts, ...lines, '', body].join('\r\n')
    return parsed(await exchange(server.port, Buffer.from(text, 'latin1')))
  }

  return {
    ...stack,
    server,
    refused,
    key,
    gateway,
    ask,
    /** As nginx asks. */
    nginx: (target: string, more: readonly Header[] = [], method = 'GET') =>
      ask('/forward-auth/nginx', [
        gateway,
        ['x-original-method', method],
        ['x-original-host', 'app.example'],
        ['x-original-uri', target],
        ...more,
      ]),
    /** As Caddy asks. */
    caddy: (target: string, more: readonly Header[] = [], method = 'GET') =>
      ask('/forward-auth/caddy', [
        gateway,
        ['x-forwarded-method', method],
        ['x-forwarded-proto', 'https'],
        ['x-forwarded-host', 'app.example'],
        ['x-forwarded-uri', target],
        ...more,
      ]),
    async [Symbol.asyncDispose]() {
      await server.close()
      await stack[Symbol.asyncDispose]()
    },
  }
}

export function exchange(port: number, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (data) => chunks.push(Buffer.from(data)))
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
    socket.on('error', reject)
  })
}

function parsed(text: string): Reply {
  const end = text.indexOf('\r\n\r\n')
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = lines.map((line) => {
    const at = line.indexOf(':')
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()]
  })
  return {
    status: Number(first.split(' ')[1]),
    headers: Object.fromEntries(headers),
    body: text.slice(end + 4),
    size: text.length,
  }
}
