import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import { type CallOptions, Client, credentials, Metadata } from '@grpc/grpc-js'
import { pathOf } from './door.ts'

type Method<I extends DescMessage, O extends DescMessage> = DescMethod & { input: I; output: O }
type Headers = Readonly<Record<string, string>>

/** A real client with a caller's key. */
export function grpcClient(port: number, key: string) {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())

  function metadataOf(headers: Headers): Metadata {
    const metadata = new Metadata()
    metadata.set('authorization', `Bearer ${key}`)
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
    return metadata
  }

  function stream<I extends DescMessage, O extends DescMessage>(method: Method<I, O>, headers: Headers = {}) {
    return client.makeBidiStreamRequest(
      pathOf(method),
      (message: MessageInitShape<I>) =>
        Buffer.from(toBinary(method.input, create(method.input, message) as MessageShape<I>)),
      (bytes) => fromBinary(method.output, bytes),
      metadataOf(headers),
    )
  }

  return {
    stream,
    watch<I extends DescMessage, O extends DescMessage>(method: Method<I, O>, message: MessageInitShape<I>) {
      return client.makeServerStreamRequest(
        pathOf(method),
        (bytes: Uint8Array) => Buffer.from(bytes),
        (bytes) => fromBinary(method.output, bytes),
        toBinary(method.input, create(method.input, message) as MessageShape<I>),
        metadataOf({}),
      )
    },
    call<I extends DescMessage, O extends DescMessage>(
      method: Method<I, O>,
      message: MessageInitShape<I>,
      headers: Headers = {},
      options: CallOptions = {},
    ): Promise<MessageShape<O>> {
      return new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          pathOf(method),
          (bytes: Uint8Array) => Buffer.from(bytes),
          (bytes) => fromBinary(method.output, bytes),
          toBinary(method.input, create(method.input, message) as MessageShape<I>),
          metadataOf(headers),
          options,
          (error, response) => (error ? reject(error) : resolve(response as MessageShape<O>)),
        )
      })
    },
    /** One question on a stream of its own. */
    ask<I extends DescMessage, O extends DescMessage>(
      method: Method<I, O>,
      message: MessageInitShape<I>,
      headers: Headers = {},
    ): Promise<MessageShape<O>> {
      return new Promise((resolve, reject) => {
        const call = stream(method, headers)
        call.on('data', resolve)
        call.on('error', reject)
        call.write(message)
        call.end()
      })
    },
    [Symbol.dispose]: () => client.close(),
  }
}
