import { example } from './forward-auth-world.ts'
import { findProgram } from './programs.ts'
import { rawHttp } from './raw-http.ts'
import { startEnvoy } from './start-envoy.ts'
import { type RunningProxy, startProxy } from './start-proxy.ts'

/** Of the examples → of a test: 7070 and 7071 are Vouchsafe's, 8090 the upstream's. */
type Ports = Readonly<Record<number, number>>
type Edit = (text: string) => string

const same: Edit = (text) => text

/** Starts the gateway with its example as it is, and this key. `edit` changes its configuration, for what a test tries out. */
export const startGateway = {
  nginx(key: string, ports: Ports, edit = same): Promise<RunningProxy> {
    const files = {
      'nginx.conf': edit(example('nginx/nginx.conf')),
      'gateway-key.conf': `proxy_set_header X-Internal-Token "${key}";\n`,
    }
    const args = ['-e', 'stderr', '-p', '.', '-c', 'nginx.conf']
    return startProxy({ program: program('nginx'), files, args, logFile: 'access.log' }, ports)
  },

  caddy(key: string, ports: Ports, edit = same): Promise<RunningProxy> {
    const files = { Caddyfile: edit(example('caddy/Caddyfile')) }
    const args = ['run', '--config', 'Caddyfile', '--adapter', 'caddyfile']
    return startProxy({ program: program('caddy'), files, args, env: { GATEWAY_KEY: key } }, ports)
  },

  haproxy(key: string, ports: Ports, edit = same): Promise<RunningProxy> {
    const files = {
      'haproxy.cfg': edit(example('haproxy/haproxy.cfg')),
      'vouchsafe.lua': example('haproxy/vouchsafe.lua'),
    }
    const args = ['-db', '-f', 'haproxy.cfg']
    return startProxy({ program: program('haproxy'), files, args, env: { GATEWAY_KEY: key } }, ports)
  },

  traefik(key: string, ports: Ports, edit = same): Promise<RunningProxy> {
    const files = {
      'traefik.yaml': example('traefik/traefik.yaml'),
      'routes.yaml': edit(example('traefik/routes.yaml')),
    }
    const args = ['--configfile=traefik.yaml']
    const env = { GATEWAY_KEY: key }
    return startProxy({ program: program('traefik'), files, args, env, ready: isRouting }, ports)
  },

  async envoy(key: string, ports: Ports, edit = same): Promise<RunningProxy> {
    const places = { grpc: ports[7070] ?? ports[7071] ?? 0, upstream: ports[8090] ?? 0 }
    const envoy = await startEnvoy(program('envoy'), key, places, edit)
    return {
      port: envoy.port,
      logged: async (wanted) => JSON.stringify(await envoy.logged((line) => wanted(JSON.stringify(line)))),
      [Symbol.dispose]: envoy[Symbol.dispose],
    }
  },
}

/** Until it has read its routes Traefik knows no path. */
async function isRouting(port: number): Promise<boolean> {
  const { status } = await rawHttp(port, {}).catch(() => ({ status: 404 }))
  return status !== 404
}

function program(name: Parameters<typeof findProgram>[0]): string {
  return findProgram(name) ?? name
}
