import { apisix, kong } from '#test/doors/opa-door.ts'
import { hides, twoStatuses } from './differences.ts'
import type { Door, Place, Told } from './door.ts'
import { gatewayDoor } from './gateway-door.ts'
import { postJson } from './post-json.ts'

const reason = 'x-vouchsafe-reason'
const tier = 'x-vouchsafe-tier'

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
    async (target: string, token: string): Promise<Told> => {
      // Headers are bytes.
      const { path, headers } = dialect(Buffer.from(target).toString('latin1'))
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
      const level = reply.headers.get(tier)
      return {
        allowed: reply.status === 200,
        reasons: said ? [said] : [],
        status: reply.status,
        ...(level && { tier: level }),
      }
    }
  const plugin =
    (shape: (target: string, headers: Record<string, string>) => object) =>
    async (target: string, token: string): Promise<Told> => {
      const input = shape(target, { authorization: `Bearer ${token}` })
      const { body } = await postJson(place, '/v1/data/vouchsafe/gateway', { input }, place.gateway)
      const { allow, headers, status = 200, message } = body.result
      const said = allow ? headers[reason] : message.code
      return {
        allowed: allow,
        reasons: said ? [said] : [],
        status,
        ...(headers[tier] && { tier: headers[tier] }),
      }
    }
  const byOriginal = (path: string) => forward((target) => ({ path, headers: original(target) }))
  const byForwarded = (path: string) => forward((target) => ({ path, headers: forwarded(target) }))
  return [
    gatewayDoor('forward-auth nginx', [twoStatuses], byOriginal('nginx')),
    gatewayDoor('forward-auth HAProxy', [], byOriginal('haproxy')),
    gatewayDoor('forward-auth Caddy', [hides], byForwarded('caddy')),
    gatewayDoor('forward-auth Traefik', [hides], byForwarded('traefik')),
    gatewayDoor(
      'forward-auth Envoy (HTTP)',
      [hides],
      forward((target) => ({ path: `envoy${target}`, headers: {} })),
    ),
    gatewayDoor('OPA plugin of Kong', [hides], plugin(kong)),
    gatewayDoor(
      'OPA plugin of APISIX',
      [hides],
      plugin((target, headers) => apisix(unescaped(target), headers)),
    ),
  ]
}

/** As APISIX gives a path. */
function unescaped(target: string): string {
  try {
    return decodeURIComponent(target)
  } catch {
    return target
  }
}
