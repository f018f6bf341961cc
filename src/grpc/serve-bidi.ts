import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import type { handleBidiStreamingCall } from '@grpc/grpc-js'
import { limits } from '#rpc/limits.ts'
import { andThen, type Maybe } from '#rpc/maybe.ts'
import type { Decoded, Pipeline } from '#rpc/pipeline.ts'
import type { BidiRpc } from '#rpc/rpc.ts'
import { failureStatus } from './failure-status.ts'
import { incomingCall } from './incoming-call.ts'

type Message = MessageShape<DescMessage>

/** While draining, questions already under way over the network are still taken for this long. */
const lastWordsMs = 100

/**
 * Answers each message as soon as its answer is there. Reading pauses while too many are unanswered
 * or the client does not read; a drain answers everything taken and then ends with OK.
 */
export function serveBidi(
  pipeline: Pipeline,
  rpc: BidiRpc,
  draining: AbortSignal,
): handleBidiStreamingCall<Decoded, Message> {
  return (call) => {
    let inFlight = 0
    let blocked = false
    let closed = false

    const fail = (error: unknown): void => {
      closed = true
      if (!call.cancelled) call.emit('error', failureStatus(error))
    }
    const finish = (): void => {
      if (!closed || inFlight > 0 || call.writableEnded) return
      call.end()
    }
    const steer = (): void => {
      if (closed) return
      if (blocked || inFlight >= limits.streamInFlight) call.pause()
      else call.resume()
    }
    const send = (message: Message): void => {
      if (call.cancelled || call.writableEnded) return
      blocked = !call.write(message)
    }
    const stop = (): void => {
      closed = true
      call.pause()
      finish()
    }
    const lastWords = (): void => {
      setTimeout(stop, lastWordsMs)
    }

    const open = (answer: (message: Message) => Maybe<Message>): void => {
      if (call.cancelled) return
      call.on('data', (decoded: Decoded) => {
        if (closed) return
        try {
          const response = answer(decoded())
          if (response instanceof Promise) {
            inFlight++
            response.then(send, fail).finally(() => {
              inFlight--
              steer()
              finish()
            })
          } else send(response)
          steer()
        } catch (error) {
          fail(error)
        }
      })
      call.on('drain', () => {
        blocked = false
        steer()
      })
      call.on('end', stop)
      call.on('cancelled', () => {
        closed = true
      })
      call.once('close', () => draining.removeEventListener('abort', lastWords))
      if (draining.aborted) lastWords()
      else draining.addEventListener('abort', lastWords, { once: true })
    }

    try {
      const opening = andThen(pipeline.bidi(rpc, incomingCall(call, draining)), open)
      if (opening instanceof Promise) opening.catch(fail)
    } catch (error) {
      fail(error)
    }
  }
}
