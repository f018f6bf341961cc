import { once } from 'node:events'
import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import type { handleServerStreamingCall, ServerWritableStream } from '@grpc/grpc-js'
import { AppError } from '#core/errors.ts'
import type { Decoded, Pipeline } from '#rpc/pipeline.ts'
import type { StreamRpc } from '#rpc/rpc.ts'
import { failureStatus } from './failure-status.ts'
import { incomingCall } from './incoming-call.ts'

type Message = MessageShape<DescMessage>

/** How long a reader may take nothing before it is dropped. */
const stalledMs = 30_000

/** Writes no faster than the client reads; what is bounded then is the verb's own queue. */
export function serveStream(
  pipeline: Pipeline,
  rpc: StreamRpc,
  draining: AbortSignal,
): handleServerStreamingCall<Decoded, Message> {
  return async (call) => {
    const incoming = incomingCall(call, draining)
    try {
      for await (const message of pipeline.stream(rpc, call.request, incoming)) {
        if (call.cancelled) return
        if (!call.write(message)) await drained(call, incoming.signal())
      }
      if (draining.aborted) throw new AppError('DRAINING', 'The server drains; connect again.')
      call.end()
    } catch (error) {
      if (!call.cancelled) call.emit('error', failureStatus(error))
    }
  }
}

async function drained(call: ServerWritableStream<Decoded, Message>, signal: AbortSignal): Promise<void> {
  const patience = AbortSignal.timeout(stalledMs)
  try {
    await once(call, 'drain', { signal: AbortSignal.any([signal, patience]) })
  } catch {
    if (patience.aborted) throw new AppError('LIMIT_EXCEEDED', 'The reader is too slow.', { limit: 'reader' })
  }
}
