import { create, type DescService } from '@bufbuild/protobuf'
import type { Server, ServerUnaryCall, ServerWritableStream, sendUnaryData } from '@grpc/grpc-js'
import { AppError } from '#core/errors.ts'
import {
  Health,
  type HealthCheckRequest,
  type HealthCheckResponse,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Serving,
} from '#gen/grpc/health/v1/health_pb.ts'
import type { Health as HealthState } from '#observe/health.ts'
import type { Decoded } from '#rpc/pipeline.ts'
import { failureStatus } from './failure-status.ts'
import { methodDefinition } from './method-definition.ts'

type Needs = { readonly health: Pick<HealthState, 'readiness' | 'stale' | 'subscribe'> }

/** Staleness has a name of its own: were it part of readiness, a database outage would take the fleet down. */
export const stalenessService = 'vouchsafe.staleness'
const lookMs = 1000

/** grpc.health.v1 for the whole server (""), each service, and staleness. Anybody may ask. */
export function addHealthService(
  server: Server,
  needs: Needs,
  services: readonly DescService[],
  draining: AbortSignal,
): void {
  const names = new Set(['', ...services.map((service) => service.typeName)])

  function statusOf(name: string): Serving | undefined {
    if (!names.has(name) && name !== stalenessService) return undefined
    const well = needs.health.readiness().ready && !(name === stalenessService && needs.health.stale())
    return well ? Serving.SERVING : Serving.NOT_SERVING
  }

  function watch(call: ServerWritableStream<Decoded, HealthCheckResponse>): void {
    const { service } = call.request() as HealthCheckRequest
    let told: Serving | undefined
    const tell = (): void => {
      const now = statusOf(service) ?? Serving.SERVICE_UNKNOWN
      if (now === told || call.cancelled || call.writableEnded) return
      told = now
      call.write(create(HealthCheckResponseSchema, { status: now }))
    }
    const unsubscribe = needs.health.subscribe(tell)
    const timer = setInterval(tell, lookMs)
    const close = (): void => {
      clearInterval(timer)
      unsubscribe()
      draining.removeEventListener('abort', end)
    }
    const end = (): void => {
      tell()
      close()
      call.emit('error', failureStatus(new AppError('DRAINING', 'The server drains; connect again.')))
    }
    call.once('cancelled', close)
    draining.addEventListener('abort', end, { once: true })
    tell()
  }

  server.addService(
    { check: methodDefinition(Health.method.check), watch: methodDefinition(Health.method.watch) },
    {
      check(
        call: ServerUnaryCall<Decoded, HealthCheckResponse>,
        callback: sendUnaryData<HealthCheckResponse>,
      ) {
        try {
          const status = statusOf((call.request() as HealthCheckRequest).service)
          if (status === undefined)
            throw new AppError('NOT_FOUND', 'No such service.', { resource: 'service' })
          callback(null, create(HealthCheckResponseSchema, { status }))
        } catch (error) {
          callback(failureStatus(error))
        }
      },
      watch(call: ServerWritableStream<Decoded, HealthCheckResponse>) {
        try {
          watch(call)
        } catch (error) {
          call.emit('error', failureStatus(error))
        }
      },
    },
  )
}
