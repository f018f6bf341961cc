import { apisix, kong } from '#test/doors/opa-door.ts'
import { askedByPath, firstReason, hides, twoStatuses } from './differences.ts'
import type { Ask, Door, Place, Told } from './door.ts'
import { postJson } from './post-json.ts'
import { routeOf } from './route-of.ts'

const reason = 'x-vouchsafe-reason'

type Dialect = { readonly path: string; readonly headers: Readonly<Record<string, string>> }

const original = (target: string) => ({
  'x-original-method': 'GET',
  'x-original-host': 'app.example',
  'x-original-uri': target,
})
const forwarded = (target: string) => ({
  'x-forwarded-method': 'GET',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'app.example',
  'x-forwarded-uri': target,
})

/** Forward authentication in each dialect, and what the `opa` plugins ask with. */
export function gatewayDoors(place: Place): readonly Door[] {
  const forward =
    (dialect: (target: string) => Dialect) =>
    async ({ token, ...ask }: Ask): Promise<Told> => {
      const { path, headers } = dialect(routeOf({ token, ...ask }).target)
      const reply = await fetch(`http://${place.http}/forward-auth/${path}`, {
        headers: {
          ...place.headers,
          authorization: `Bearer ${token}`,
          'x-internal-token': place.gateway,
          ...headers,
        },
      })
      const body = await reply.text()
      // Proxies that show a client none of our headers have the reason there; of the others it is in the body.
      const said = reply.headers.get(reason) ?? (JSON.parse(body) as { readonly code?: string }).code
      return { allowed: reply.status === 200, reasons: said ? [said] : [], status: reply.status }
    }
  const plugin =
    (shape: (target: string, headers: Record<string, string>) => object) =>
    async (ask: Ask): Promise<Told> => {
      const input = shape(routeOf(ask).target, { authorization: `Bearer ${ask.token}` })
      const { body } = await postJson(place, '/v1/data/vouchsafe/gateway', { input }, place.gateway)
      const { allow, headers, status = 200, message } = body.result
      const said = allow ? headers[reason] : message.code
      return { allowed: allow, reasons: said ? [said] : [], status }
    }
  const all = [firstReason, askedByPath]
  return [
    {
      name: 'forward-auth nginx',
      differs: [...all, twoStatuses],
      ask: forward((target) => ({ path: 'nginx', headers: original(target) })),
    },
    {
      name: 'forward-auth HAProxy',
      differs: all,
      ask: forward((target) => ({ path: 'haproxy', headers: original(target) })),
    },
    {
      name: 'forward-auth Caddy',
      differs: [...all, hides],
      ask: forward((target) => ({ path: 'caddy', headers: forwarded(target) })),
    },
    {
      name: 'forward-auth Traefik',
      differs: [...all, hides],
      ask: forward((target) => ({ path: 'traefik', headers: forwarded(target) })),
    },
    {
      name: 'forward-auth Envoy (HTTP)',
      differs: [...all, hides],
      ask: forward((target) => ({ path: `envoy${target}`, headers: {} })),
    },
    { name: 'OPA plugin of Kong', differs: [...all, hides], ask: plugin(kong) },
    {
      name: 'OPA plugin of APISIX',
      differs: [...all, hides],
      ask: plugin((target, headers) => apisix(decodeURIComponent(target), headers)),
    },
  ]
}
