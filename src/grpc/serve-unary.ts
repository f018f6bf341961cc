import type { Pipeline } from '#rpc/pipeline.ts'
import type { UnaryRpc } from '#rpc/rpc.ts'
import { failureStatus } from './failure-status.ts'
import { incomingCall } from './incoming-call.ts'
import type { UnaryHandler } from './unary-call.ts'

export function serveUnary(pipeline: Pipeline, rpc: UnaryRpc, draining: AbortSignal): UnaryHandler {
  return (call, callback) => {
    try {
      const answer = pipeline.unary(rpc, call.request, incomingCall(call, draining))
      if (!(answer instanceof Promise)) return callback(null, answer)
      answer.then(
        (response) => callback(null, response),
        (error: unknown) => callback(failureStatus(error)),
      )
    } catch (error) {
      callback(failureStatus(error))
    }
  }
}
