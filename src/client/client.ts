import type {
  DescMessage,
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf'
import { credentials, Client as GrpcClient, Metadata } from '@grpc/grpc-js'
import { GrantService } from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { DecisionService } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { WatchService } from '#gen/vouchsafe/v1/watch_service_pb.ts'
import { type CheckStream, createCheckStream } from './check-stream.ts'
import { methodOf } from './method.ts'

export type ClientOptions = {
  /** host:port */
  readonly address: string
  /** The caller's key ("vch_…"). */
  readonly apiKey: string
  /** PEM; absent: no TLS. Key and certificate: mTLS. */
  readonly tls?: {
    readonly rootCertificates?: Buffer
    readonly privateKey?: Buffer
    readonly certificate?: Buffer
  }
  /** ms for each call but streams. Default 5000. */
  readonly timeoutMs?: number
}

export type Client = ReturnType<typeof createClient>

/** A client of the decision point over gRPC. Every call rejects with grpc-js's ServiceError. */
export function createClient({ address, apiKey, tls, timeoutMs = 5000 }: ClientOptions) {
  const secure = tls && credentials.createSsl(tls.rootCertificates, tls.privateKey, tls.certificate)
  const grpc = new GrpcClient(address, secure ?? credentials.createInsecure())
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${apiKey}`)

  function unary<I extends DescMessage, O extends DescMessage>(method: DescMethodUnary<I, O>) {
    const { path, requestSerialize, responseDeserialize } = methodOf(method)
    return (request: MessageInitShape<I>): Promise<MessageShape<O>> =>
      new Promise((resolve, reject) => {
        const options = { deadline: Date.now() + timeoutMs }
        grpc.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          metadata,
          options,
          (error, answer) => {
            if (error) reject(error)
            else resolve(answer as MessageShape<O>)
          },
        )
      })
  }

  function stream<I extends DescMessage, O extends DescMessage>(method: DescMethodServerStreaming<I, O>) {
    const { path, requestSerialize, responseDeserialize } = methodOf(method)
    return async function* (request: MessageInitShape<I>): AsyncGenerator<MessageShape<O>> {
      const answers = grpc.makeServerStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
      )
      try {
        for await (const answer of answers) yield answer as MessageShape<O>
      } finally {
        answers.cancel()
      }
    }
  }

  const streamed = methodOf(DecisionService.method.checkStream)
  return {
    /** Any unary method of the API, such as `ProductService.method.createProduct`. */
    call: unary,
    /** Any method of the API that answers with a stream. */
    stream,
    check: unary(DecisionService.method.check),
    batchCheck: unary(DecisionService.method.batchCheck),
    listEntitlements: unary(DecisionService.method.listEntitlements),
    filterResources: unary(DecisionService.method.filterResources),
    explain: unary(DecisionService.method.explain),
    grant: unary(GrantService.method.grantEntitlement),
    revoke: unary(GrantService.method.revokeEntitlement),
    listGrants: unary(GrantService.method.listGrants),
    checkStream(): CheckStream {
      const { path, requestSerialize, responseDeserialize } = streamed
      return createCheckStream(
        grpc.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata) as never,
      )
    },
    watch: stream(WatchService.method.watch),
    close: () => grpc.close(),
  }
}
