import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf'
import type { FastifyRequest } from 'fastify'
import { AppError } from '#core/errors.ts'
import type { TenantView } from '#core/tenant-view.ts'
import { invalidField } from '#rpc/invalid-field.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Pipeline } from '#rpc/pipeline.ts'
import type { Rpc, UnaryRpc } from '#rpc/rpc.ts'
import { incomingRequest } from './incoming-request.ts'

/** The tenant that a request is about: its caller's, or the one a caller of the platform names. */
export type TenantOf = () => TenantView

export type Rest = {
  /**
   * Calls the row of a method: who may, what is refused and how it fails is the row's. The message is made once the
   * caller may call it.
   */
  readonly call: <I extends DescMessage, O extends DescMessage>(
    request: FastifyRequest,
    method: DescMethodUnary<I, O>,
    message: (tenant: TenantOf) => MessageInitShape<I>,
  ) => Promise<MessageShape<O>>
}

type Needs = Pick<RpcNeeds, 'authenticate' | 'tenantOf' | 'now'> & { readonly pipeline: Pipeline }

/** The verbs for REST paths: these translate and hold no rule of their own. */
export function createRest(needs: Needs, rpcs: readonly Rpc[]): Rest {
  const rows = new Map<DescMethod, UnaryRpc>()
  for (const rpc of rpcs) if (rpc.kind === 'unary') rows.set(rpc.method, rpc)
  return {
    async call(request, method, message) {
      const row = rows.get(method)
      if (row === undefined) throw new AppError('INTERNAL', 'There is no such method.')
      const call = incomingRequest(request, needs.now())
      const caller = await needs.authenticate(call.credentials())
      const tenant = () => needs.tenantOf(caller, { named: namedTenant(request) })
      const answer = await needs.pipeline.unary(row, () => create(method.input, message(tenant)), call)
      return answer as MessageShape<typeof method.output>
    },
  }
}

/** `?tenant=`, for callers of the platform. Throws INVALID_FIELD for several: somebody on the way read another one. */
export function namedTenant(request: FastifyRequest): string {
  const { tenant } = request.query as Readonly<Record<string, unknown>>
  if (Array.isArray(tenant)) throw invalidField('tenant', 'one')
  return queryText(request, 'tenant')
}

/** A query parameter's text; of several the first. */
export function queryText(request: FastifyRequest, name: string): string {
  const value = (request.query as Readonly<Record<string, unknown>>)[name]
  const first = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' ? first : ''
}

/** What every write takes of a request: its tenant, and the `Idempotency-Key` as the request id. */
export function writeFields(request: FastifyRequest) {
  const key = request.headers['idempotency-key']
  return { tenant: namedTenant(request), requestId: typeof key === 'string' ? key : '' }
}
