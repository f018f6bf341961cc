import type { DescService } from '@bufbuild/protobuf'
import {
  Server,
  ServerCredentials,
  type ServerOptions,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { Authorization } from '#gen/envoy/service/auth/v3/external_auth_pb.ts'
import { Health as HealthProto } from '#gen/grpc/health/v1/health_pb.ts'
import type { Health } from '#observe/health.ts'
import type { Log } from '#observe/logger.ts'
import { type CertificateFiles, watchCertificateFiles } from '#rpc/certificate-files.ts'
import { limits } from '#rpc/limits.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { createPipeline, type Pipeline } from '#rpc/pipeline.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { createVerbTable } from '#rpc/table.ts'
import { denyTooLarge } from './deny-too-large.ts'
import { drainServer } from './drain.ts'
import { addExtAuthzService } from './ext-authz.ts'
import { FileCredentials } from './file-credentials.ts'
import { forgetClosedStreams } from './forget-streams.ts'
import { guardCall } from './guard-call.ts'
import { addHealthService } from './health-service.ts'
import { listen } from './listener.ts'
import { methodDefinition } from './method-definition.ts'
import { type Patience, patience } from './patience.ts'
import { addReflectionService } from './reflection-service.ts'
import { serveBidi } from './serve-bidi.ts'
import { serveStream } from './serve-stream.ts'
import { serveUnary } from './serve-unary.ts'
import { addUnary, type UnaryHandlers } from './unary-call.ts'

export type GrpcNeeds = RpcNeeds & {
  readonly log: Log
  readonly health: Pick<Health, 'readiness' | 'stale' | 'subscribe'>
  /** Where a denied client may buy what it lacks; "{entitlement}" stands for the key. */
  readonly upgradeUrl?: string | undefined
}

export type GrpcOptions = {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly tls?: CertificateFiles
  readonly patience?: Patience
}

const serverOptions = (
  needs: GrpcNeeds,
  { firstMessageMs, silentMs, aliveMs }: Patience,
  unary: UnaryHandlers,
): ServerOptions => ({
  'grpc.max_receive_message_length': limits.messageBytes,
  'grpc.max_concurrent_streams': 100,
  'grpc-node.max_session_memory': 16,
  'grpc.max_connection_age_ms': 10 * 60_000,
  'grpc.max_connection_age_grace_ms': 10_000,
  'grpc.keepalive_time_ms': silentMs,
  'grpc.keepalive_timeout_ms': aliveMs,
  'grpc.enable_channelz': 0,
  interceptors: [denyTooLarge(needs, guardCall({ firstMessageMs, unary }))],
})

export async function startGrpcServer(needs: GrpcNeeds, options: GrpcOptions) {
  const unary: UnaryHandlers = new Map()
  const server = new Server(serverOptions(needs, options.patience ?? patience, unary))
  const stopForgetting = forgetClosedStreams()
  const draining = new AbortController()
  const pipeline = createPipeline(needs)
  const rpcs = createVerbTable(needs)
  for (const rpc of rpcs) addRpc(server, unary, pipeline, rpc, draining.signal)
  addExtAuthzService(server, unary, needs, draining.signal)
  const services = [...servicesOf(rpcs), Authorization]
  addHealthService(server, needs, services, draining.signal)
  addReflectionService(server, [...services, HealthProto], draining.signal)

  const secure = options.tls === undefined ? undefined : secured(needs, options.tls)
  const credentials = secure?.credentials ?? ServerCredentials.createInsecure()
  const injector = server.createConnectionInjector(credentials)
  const listener = await listen(options.host, options.port, (socket) =>
    injector.injectConnection(socket),
  ).catch((error: unknown) => {
    secure?.close()
    throw error
  })
  return {
    port: listener.port,
    /** Finishes what is in flight, at most for `graceMs`. True where nothing had to be cut. */
    async drain(graceMs: number): Promise<boolean> {
      secure?.close()
      return drainServer(server, listener, draining, graceMs).finally(stopForgetting)
    },
    /** Cuts everything. */
    close(): void {
      secure?.close()
      draining.abort()
      server.forceShutdown()
      listener.cut()
      stopForgetting()
    },
  }
}

function addRpc(
  server: Server,
  unary: UnaryHandlers,
  pipeline: Pipeline,
  rpc: Rpc,
  draining: AbortSignal,
): void {
  const { method } = rpc
  if (rpc.kind === 'unary') {
    addUnary(server, unary, method, serveUnary(pipeline, rpc, draining))
    return
  }
  const implementation: UntypedServiceImplementation = {
    [method.localName]:
      rpc.kind === 'bidi' ? serveBidi(pipeline, rpc, draining) : serveStream(pipeline, rpc, draining),
  }
  server.addService({ [method.localName]: methodDefinition(method) }, implementation)
}

function servicesOf(rpcs: readonly Rpc[]): readonly DescService[] {
  return [...new Set(rpcs.map((rpc) => rpc.method.parent))]
}

function secured(needs: GrpcNeeds, tls: CertificateFiles) {
  const files = watchCertificateFiles(tls, {
    log: needs.log,
    onChange: (certificate) => credentials.replace(certificate),
  })
  const credentials = new FileCredentials(tls, files.current)
  return { credentials, close: files.close }
}
