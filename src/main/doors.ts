import type { Config } from '#config'
import type { Address } from '#config/parse.ts'
import type { GrpcNeeds } from '#grpc/start-grpc-server.ts'
import { startGrpcServer } from '#grpc/start-grpc-server.ts'
import type { Health } from '#observe/health.ts'
import type { Metrics } from '#observe/metrics.ts'

type Needs = {
  readonly config: Config
  readonly health: Health
  readonly metrics: Metrics
  readonly rpc: Omit<GrpcNeeds, 'health'>
}

export type Doors = {
  readonly addresses: { readonly grpc: string; readonly http: string; readonly ops: string }
  readonly close: () => Promise<void>
}

/** Opens every door, and says NOT_SERVING before it closes them. */
export async function openDoors({ config, health, rpc }: Needs): Promise<Doors> {
  const needs = { ...rpc, health }
  const tls = tlsOf(config)
  const grpc = await startGrpcServer(needs, { ...config.grpcAddress, ...tls })
  const shown = ({ host }: Address, port: number) => `${host.includes(':') ? `[${host}]` : host}:${port}`
  return {
    addresses: {
      grpc: shown(config.grpcAddress, grpc.port),
      http: '',
      ops: '',
    },
    close: async () => {
      health.drain()
      await grpc.drain(config.drainMs)
    },
  }
}

function tlsOf({ tlsCert, tlsKey, tlsClientCa }: Config) {
  if (tlsCert === undefined || tlsKey === undefined) return {}
  return {
    tls: {
      cert: tlsCert,
      key: tlsKey,
      ...(tlsClientCa !== undefined && { ca: tlsClientCa, optional: true }),
    },
  }
}
