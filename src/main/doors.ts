import type { Config } from '#config'
import type { Address } from '#config/parse.ts'
import { startGrpcServer } from '#grpc/start-grpc-server.ts'
import { type HttpNeeds, startHttpServer } from '#http/start-http-server.ts'
import { startOpsServer } from '#http/start-ops-server.ts'
import type { Health } from '#observe/health.ts'
import type { Metrics } from '#observe/metrics.ts'
import type { RpcNeeds } from '#rpc/needs.ts'

type Needs = {
  readonly config: Config
  readonly health: Health
  readonly metrics: Metrics
  /** Whether the database answers, for /healthz. */
  readonly databaseAnswers: () => boolean
  readonly rpc: RpcNeeds & Pick<HttpNeeds, 'log'>
}

export type Doors = {
  readonly addresses: { readonly grpc: string; readonly http: string; readonly ops: string }
  readonly close: () => Promise<void>
}

/** Opens every door, or none; says NOT_SERVING before it closes them. */
export async function openDoors({ config, health, metrics, databaseAnswers, rpc }: Needs): Promise<Doors> {
  const integrations = () => ({
    db: databaseAnswers(),
    stripe_webhook: config.stripeWebhookSecret !== undefined,
    keycloak_sync: config.keycloak,
  })
  const needs = { ...rpc, health, integrations }
  const tls = tlsOf(config)
  const { grpcAddress, httpAddress, opsAddress, drainMs } = config
  const open: { drain: (graceMs: number) => Promise<boolean> }[] = []
  const close = async () => {
    health.drain()
    await Promise.all(open.map((door) => door.drain(drainMs)))
  }
  try {
    const ops = await startOpsServer({ ...needs, metrics }, opsAddress)
    open.push(ops)
    const http = await startHttpServer(needs, { ...httpAddress, ...tls })
    open.push(http)
    const grpc = await startGrpcServer(needs, { ...grpcAddress, ...tls })
    open.push(grpc)
    const addresses = {
      grpc: shown(grpcAddress, grpc.port),
      http: shown(httpAddress, http.port),
      ops: shown(opsAddress, ops.port),
    }
    return { addresses, close }
  } catch (error) {
    await close()
    throw error
  }
}

function shown({ host }: Address, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

function tlsOf({ tlsCert, tlsKey, tlsClientCa }: Config) {
  if (tlsCert === undefined || tlsKey === undefined) return {}
  const ca = tlsClientCa === undefined ? {} : { ca: tlsClientCa, optional: true }
  return { tls: { cert: tlsCert, key: tlsKey, ...ca } }
}
