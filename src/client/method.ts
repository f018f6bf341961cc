import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf'
import type { MethodDefinition } from '@grpc/grpc-js'

/** A method of a generated service, as grpc-js calls it. Requests may be given as plain objects. */
export function methodOf<I extends DescMessage>(
  method: DescMethod & { readonly input: I },
): MethodDefinition<MessageInitShape<I>, unknown> {
  const streamsIn = method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming'
  const streamsOut = method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming'
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: streamsIn,
    responseStream: streamsOut,
    requestSerialize: (message) => Buffer.from(toBinary(method.input, create(method.input, message))),
    requestDeserialize: (bytes) => fromBinary(method.input, bytes) as MessageInitShape<I>,
    responseSerialize: (message) => Buffer.from(toBinary(method.output, message as never)),
    responseDeserialize: (bytes) => fromBinary(method.output, bytes, { recursionLimit: 32 }),
  }
}
