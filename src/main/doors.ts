import type { Config } from '#config'
import { startGrpcServer } from '#grpc/start-grpc-server.ts'
import { type HttpNeeds, startHttpServer } from '#http/start-http-server.ts'
import type { Health } from '#observe/health.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { at, shown } from './door-address.ts'

type Needs = {
  readonly config: Config
  readonly health: Health
  readonly rpc: RpcNeeds & Pick<HttpNeeds, 'authzen' | 'log' | 'integrations' | 'webhook' | 'version'>
}

export type Doors = {
  readonly addresses: { readonly grpc: string; readonly http: string }
  readonly close: () => Promise<void>
}

/** Opens the doors to the verbs, or none; says NOT_SERVING before it closes them. */
export async function openDoors({ config, health, rpc }: Needs): Promise<Doors> {
  const { upgradeUrl, trustedProxies } = config
  const needs = {
    ...rpc,
    health,
    upgradeUrl,
    trustedProxies,
    testHeaders: config.testHeaders === 'on',
    opaGatewayKey: config.opaGatewayKey?.reveal(),
  }
  const tls = tlsOf(config)
  const { grpcAddress, httpAddress, drainMs } = config
  const open: { drain: (graceMs: number) => Promise<boolean> }[] = []
  const close = async () => {
    health.drain()
    await Promise.all(open.map((door) => door.drain(drainMs)))
  }
  try {
    const http = await at(
      'VOUCHSAFE_HTTP_ADDRESS',
      httpAddress,
      startHttpServer(needs, { ...httpAddress, ...tls }),
    )
    open.push(http)
    const grpc = await at(
      'VOUCHSAFE_GRPC_ADDRESS',
      grpcAddress,
      startGrpcServer(needs, { ...grpcAddress, ...tls }),
    )
    open.push(grpc)
    const addresses = {
      grpc: shown(grpcAddress, grpc.port),
      http: shown(httpAddress, http.port),
    }
    return { addresses, close }
  } catch (error) {
    await close()
    throw error
  }
}

function tlsOf({ tlsCert, tlsKey, tlsClientCa }: Config) {
  if (tlsCert === undefined || tlsKey === undefined) return {}
  const ca = tlsClientCa === undefined ? {} : { ca: tlsClientCa, optional: true }
  return { tls: { cert: tlsCert, key: tlsKey, ...ca } }
}
