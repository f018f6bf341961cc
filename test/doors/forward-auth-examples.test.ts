import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { reservedHeaders } from '#core/identity-headers.ts'
import { example } from './forward-auth-world.ts'

type Traefik = {
  readonly http: {
    readonly routers: Readonly<
      Record<string, { readonly rule: string; readonly middlewares: readonly string[] }>
    >
    readonly middlewares: Readonly<Record<string, Readonly<Record<string, Record<string, unknown>>>>>
  }
}

test.each([
  ['nginx', 'nginx.conf', /proxy_set_header (X-Vouchsafe-[\w-]+) \$/g],
  ['caddy', 'Caddyfile', /(?<=copy_headers .*)(X-Vouchsafe-[\w-]+)/g],
  ['traefik', 'routes.yaml', /- (X-Vouchsafe-[\w-]+)/g],
  ['haproxy', 'vouchsafe.lua', /(?<=local told = .*)"([\w-]+)"/g],
])('V41 the example of %s sets every reserved header', (folder, file, pattern) => {
  const found = [...example(`${folder}/${file}`).matchAll(pattern)].map(([, name = '']) => name.toLowerCase())
  const full = found.map((name) => (name.startsWith('x-') ? name : `x-vouchsafe-${name}`))
  expect(full.sort()).toEqual([...reservedHeaders].sort())
})

test('V38 V43 Traefik’s example believes no client, and no router is without its three middlewares', () => {
  const { http } = parse(example('traefik/routes.yaml')) as Traefik
  expect(http.middlewares.vouchsafe?.forwardAuth).toMatchObject({
    address: 'http://127.0.0.1:7071/forward-auth/traefik',
    trustForwardHeader: false,
  })
  for (const { rule, middlewares } of Object.values(http.routers)) {
    expect(rule).toContain('!HeaderRegexp(`Connection`')
    expect(middlewares).toEqual(['gateway-key', 'vouchsafe', 'no-gateway-key'])
  }
  expect(example('traefik/traefik.yaml')).not.toMatch(/insecure:|trustedIPs:/)
})

test.each(['nginx', 'caddy', 'traefik', 'haproxy'])(
  'the containers of %s leave all but it on loopback',
  (name) => {
    const { services } = parse(example(`${name}/compose.yaml`))
    expect(services.vouchsafe.ports).toEqual(['127.0.0.1:8080:8080'])
    expect(services[name].network_mode).toBe('service:vouchsafe')
  },
)
