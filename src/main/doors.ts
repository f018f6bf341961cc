import type { Config } from '#config'
import { ConfigError } from '#config/config-error.ts'
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
    const ops = await at(
      'VOUCHSAFE_OPS_ADDRESS',
      opsAddress,
      startOpsServer({ ...needs, metrics }, opsAddress),
    )
    open.push(ops)
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
      ops: shown(opsAddress, ops.port),
    }
    return { addresses, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** What keeps a door from opening is mostly its address: then the setting is named. */
async function at<Door>(setting: string, address: Address, opening: Promise<Door>): Promise<Door> {
  try {
    return await opening
  } catch (error) {
    const problem = addressProblems[(error as NodeJS.ErrnoException).code ?? '']
    if (problem === undefined) throw error
    throw new ConfigError([`${setting}: ${shown(address, address.port)} ${problem}.`])
  }
}

const addressProblems: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use, perhaps by another server: stop that one, or set another address',
  EADDRNOTAVAIL: 'is no address of this machine',
  EACCES: 'may not be used by this user: ports below 1024 need a right of their own',
  ENOTFOUND: 'is no host that is known here',
}

function shown({ host }: Address, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

function tlsOf({ tlsCert, tlsKey, tlsClientCa }: Config) {
  if (tlsCert === undefined || tlsKey === undefined) return {}
  const ca = tlsClientCa === undefined ? {} : { ca: tlsClientCa, optional: true }
  return { tls: { cert: tlsCert, key: tlsKey, ...ca } }
}
