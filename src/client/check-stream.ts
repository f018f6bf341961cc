import type { MessageInitShape } from '@bufbuild/protobuf'
import type { ClientDuplexStream } from '@grpc/grpc-js'
import type { CheckRequestSchema, CheckResponse } from '#gen/vouchsafe/v1/decision_pb.ts'
import type { CheckStreamRequestSchema, CheckStreamResponse } from '#gen/vouchsafe/v1/decision_service_pb.ts'

type Stream = ClientDuplexStream<MessageInitShape<typeof CheckStreamRequestSchema>, CheckStreamResponse>
type Waiting = { readonly resolve: (answer: CheckResponse) => void; readonly reject: (error: Error) => void }

/** Why one question of a stream has no answer: the gRPC status code and the ErrorReason's name. */
export class CheckFailed extends Error {
  readonly code: number
  readonly reason: string

  constructor(code: number, reason: string, message: string) {
    super(message)
    this.name = 'CheckFailed'
    this.code = code
    this.reason = reason
  }
}

/** Many questions over one stream: the fast path. */
export type CheckStream = {
  /** Rejects with CheckFailed for this question, or with the stream's own error. */
  readonly check: (request: MessageInitShape<typeof CheckRequestSchema>) => Promise<CheckResponse>
  /** Asks nothing more; resolves when all answers are there. */
  readonly end: () => Promise<void>
}

export function createCheckStream(stream: Stream): CheckStream {
  const waiting = new Map<bigint, Waiting>()
  let last = 0n
  let ended: Error | undefined
  const closed = new Promise<void>((resolve) => stream.once('close', resolve))

  function fail(error: Error): void {
    ended ??= error
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }

  stream.on('data', ({ correlationId, result }: CheckStreamResponse) => {
    const asked = waiting.get(correlationId)
    waiting.delete(correlationId)
    if (result.case === 'response') asked?.resolve(result.value)
    else if (result.case === 'error') {
      asked?.reject(new CheckFailed(result.value.code, result.value.reason, result.value.message))
    }
  })
  stream.on('error', fail)
  stream.on('end', () => fail(new Error('The stream has ended.')))

  return {
    check: (check) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended)
        const correlationId = ++last
        waiting.set(correlationId, { resolve, reject })
        stream.write({ correlationId, check })
      }),
    end: async () => {
      stream.end()
      await closed
    },
  }
}
