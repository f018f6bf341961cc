import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import { AppError } from '#core/errors.ts'
import { limits } from '#rpc/limits.ts'
import type { Decoded } from '#rpc/pipeline.ts'
import { failureStatus } from './failure-status.ts'
import { UnaryCall, type UnaryHandlers } from './unary-call.ts'

type Needs = { readonly firstMessageMs: number; readonly unary: UnaryHandlers }

/**
 * Refuses calls with too much metadata and ends those that do not say anything in `firstMessageMs`, or, where they ask one
 * question, not that this was all: a client that opens calls and sends nothing holds little, briefly. Answers unary calls.
 */
export function guardCall({ firstMessageMs, unary }: Needs): ServerInterceptor {
  return (method, call) =>
    new ServerInterceptingCall(call, {
      start(next) {
        const handler = unary.get(method.path)
        let silent: NodeJS.Timeout | undefined
        let said: Metadata | undefined
        let request: Decoded | undefined
        let answering: UnaryCall | undefined
        next({
          onReceiveMetadata(metadata, pass) {
            if (sizeOf(metadata) > limits.metadataBytes) {
              call.sendStatus(tooLarge())
              return
            }
            silent = setTimeout(() => {
              call.sendStatus({ code: status.DEADLINE_EXCEEDED, details: 'No whole message came.' })
            }, firstMessageMs)
            silent.unref()
            said = metadata
            pass(metadata)
          },
          onReceiveMessage(message, pass) {
            if (method.requestStream) clearTimeout(silent)
            request = message
            pass(message)
          },
          onReceiveHalfClose(pass) {
            clearTimeout(silent)
            if (handler === undefined || said === undefined || request === undefined) return pass()
            answering = new UnaryCall(call, said, request)
            try {
              handler(answering, (failure, message) => {
                if (failure) call.sendStatus(failure)
                else call.sendMessage(message, () => call.sendStatus(done))
              })
            } catch (error) {
              // Nobody else would: it would end the process.
              call.sendStatus(failureStatus(error))
            }
          },
          onCancel() {
            clearTimeout(silent)
            answering?.cancel()
          },
        })
      },
    })
}

const done = { code: status.OK, details: 'OK' }

function tooLarge(): ServiceError {
  const max = String(limits.metadataBytes)
  return failureStatus(
    new AppError('LIMIT_EXCEEDED', `The metadata is larger than ${max} bytes.`, { limit: 'metadata', max }),
  )
}

function sizeOf(metadata: Metadata): number {
  let size = 0
  for (const [name, values] of Object.entries(metadata.toHttp2Headers())) {
    for (const value of [values ?? ''].flat()) size += name.length + String(value).length
  }
  return size
}
