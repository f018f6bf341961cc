import type { DescMessage, DescMethod, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  type CallOptions,
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js'
import type { Verbs } from '#decide/verbs.ts'
import { type ErrorInfo, ErrorInfoSchema } from '#gen/google/rpc/error_details_pb.ts'
import { StatusSchema } from '#gen/google/rpc/status_pb.ts'
import { type GrpcOptions, startGrpcServer } from '#grpc/start-grpc-server.ts'
import { type DoorNeeds, doorNeeds } from '#test/rpc/needs.ts'

const buffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes)

/** A real server on a free port and a real client of it. Close it with `await using`. */
export async function grpcDoor(overrides: Partial<Verbs> = {}, options: Partial<GrpcOptions> = {}) {
  const parts = doorNeeds(overrides)
  const server = await startGrpcServer(parts.needs, { host: '127.0.0.1', port: 0, ...options })
  const client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure())
  return {
    ...parts,
    server,
    ...clientOf(client, parts),
    async [Symbol.asyncDispose]() {
      client.close()
      server.close()
      parts.close()
    },
  }
}

export function clientOf(client: Client, parts: Pick<DoorNeeds, 'keyOf'>) {
  const serviceKey = parts.keyOf(['service'])

  function metadataOf(headers: Readonly<Record<string, string>> = {}, key: string = serviceKey): Metadata {
    const metadata = new Metadata()
    if (key !== '') metadata.set('authorization', `Bearer ${key}`)
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
    return metadata
  }

  return {
    client,
    metadataOf,
    /** Sends one message (or raw bytes) and gives the answer, or rejects with the ServiceError. */
    call<I extends DescMessage, O extends DescMessage>(
      method: DescMethod & { input: I; output: O },
      message: MessageInitShape<I> | Uint8Array,
      sent: { key?: string; headers?: Record<string, string>; options?: CallOptions } = {},
    ): Promise<MessageShape<O>> {
      return new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          pathOf(method),
          buffer,
          (bytes) => fromBinary(method.output, bytes),
          message instanceof Uint8Array
            ? message
            : toBinary(method.input, create(method.input, message) as MessageShape<I>),
          metadataOf(sent.headers, sent.key),
          sent.options ?? {},
          (error, response) => (error ? reject(error) : resolve(response as MessageShape<O>)),
        )
      })
    },
    stream<I extends DescMessage, O extends DescMessage>(
      method: DescMethod & { input: I; output: O },
      key?: string,
    ): ClientDuplexStream<MessageInitShape<I>, MessageShape<O>> {
      return client.makeBidiStreamRequest(
        pathOf(method),
        (message: MessageInitShape<I>) =>
          buffer(toBinary(method.input, create(method.input, message) as MessageShape<I>)),
        (bytes: Buffer) => fromBinary(method.output, bytes),
        metadataOf({}, key),
      )
    },
    serverStream<I extends DescMessage, O extends DescMessage>(
      method: DescMethod & { input: I; output: O },
      message: MessageInitShape<I>,
      key?: string,
    ) {
      return client.makeServerStreamRequest(
        pathOf(method),
        buffer,
        (bytes: Buffer) => fromBinary(method.output, bytes),
        toBinary(method.input, create(method.input, message) as MessageShape<I>),
        metadataOf({}, key),
      )
    },
  }
}

export function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`
}

/** What a failed call says: its code and its ErrorInfo. */
export async function failureOf(
  work: Promise<unknown>,
): Promise<{ code: number; reason?: string; info?: ErrorInfo }> {
  try {
    await work
  } catch (error) {
    const { code, metadata } = error as ServiceError
    const [details] = metadata.get('grpc-status-details-bin')
    if (!(details instanceof Buffer)) return { code }
    const [any] = fromBinary(StatusSchema, details).details
    const info = fromBinary(ErrorInfoSchema, any?.value ?? new Uint8Array())
    return { code, reason: info.reason, info }
  }
  throw new Error('the call should have failed')
}
