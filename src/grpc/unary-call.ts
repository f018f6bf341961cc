import type { DescMessage, DescMethod, MessageShape } from '@bufbuild/protobuf'
import {
  type handleUnaryCall,
  type Metadata,
  type Server,
  type ServerInterceptingCallInterface,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import type { Decoded } from '#rpc/pipeline.ts'
import { methodDefinition } from './method-definition.ts'

export type UnaryHandler = (
  call: UnaryCall,
  answer: (failure: ServiceError | null, message?: MessageShape<DescMessage>) => void,
) => void

/**
 * What answers unary calls, by the path of the method. grpc-js would make a writable stream for each (1.14), which
 * costs time, and lives with all that it refers to until the whole heap is collected.
 */
export type UnaryHandlers = Map<string, UnaryHandler>

/** grpc-js has to know of a method to take its calls; it never comes to answer one (guard-call.ts). */
export function addUnary(server: Server, to: UnaryHandlers, method: DescMethod, handler: UnaryHandler): void {
  const definition = methodDefinition(method)
  to.set(definition.path, handler)
  const unreached: handleUnaryCall<Decoded, MessageShape<DescMessage>> = (_call, answer) =>
    answer({ code: status.INTERNAL, details: 'Not answered.' })
  server.addService({ [method.localName]: definition }, { [method.localName]: unreached })
}

/** A unary call as its handler sees it. */
export class UnaryCall {
  readonly request: Decoded
  readonly metadata: Metadata
  cancelled = false
  readonly #call: ServerInterceptingCallInterface
  #onCancel: (() => void) | undefined

  constructor(call: ServerInterceptingCallInterface, metadata: Metadata, request: Decoded) {
    this.#call = call
    this.metadata = metadata
    this.request = request
  }

  getDeadline() {
    return this.#call.getDeadline()
  }

  getAuthContext() {
    return this.#call.getAuthContext()
  }

  /** For one listener: a call's signal is made once. */
  once(_event: 'cancelled', listener: () => void): void {
    this.#onCancel = listener
  }

  cancel(): void {
    this.cancelled = true
    this.#onCancel?.()
  }
}
