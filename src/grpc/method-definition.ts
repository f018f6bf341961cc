import type { DescMessage, DescMethod, MessageShape } from '@bufbuild/protobuf'
import { toBinary } from '@bufbuild/protobuf'
import type { MethodDefinition } from '@grpc/grpc-js'
import { decode } from '#rpc/decode.ts'
import type { Decoded } from '#rpc/pipeline.ts'

type Message = MessageShape<DescMessage>

/**
 * A method for grpc-js. Requests arrive undecoded, so that a caller is known before its bytes are read
 * and so that junk is answered with our own failure.
 */
export function methodDefinition(method: DescMethod): MethodDefinition<Decoded, Message> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    originalName: method.localName,
    requestStream: method.methodKind === 'bidi_streaming' || method.methodKind === 'client_streaming',
    responseStream: method.methodKind === 'bidi_streaming' || method.methodKind === 'server_streaming',
    requestSerialize: () => Buffer.alloc(0),
    requestDeserialize: (bytes) => () => decode(method.input, bytes),
    responseSerialize: (message) => buffer(toBinary(method.output, message)),
    responseDeserialize: (bytes) => decode(method.output, bytes),
  }
}

function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
