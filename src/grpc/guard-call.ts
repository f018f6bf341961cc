import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import { AppError } from '#core/errors.ts'
import { limits } from '#rpc/limits.ts'
import { failureStatus } from './failure-status.ts'

/**
 * Refuses calls with too much metadata and ends those that do not say anything in `firstMessageMs`: a client that opens calls
 * and sends nothing holds little, briefly.
 */
export function guardCall(firstMessageMs: number): ServerInterceptor {
  return (_method, call) =>
    new ServerInterceptingCall(call, {
      start(next) {
        let silent: NodeJS.Timeout | undefined
        const spoken = (): void => clearTimeout(silent)
        next({
          onReceiveMetadata(metadata, pass) {
            if (sizeOf(metadata) > limits.metadataBytes) {
              call.sendStatus(tooLarge())
              return
            }
            silent = setTimeout(() => {
              call.sendStatus({ code: status.DEADLINE_EXCEEDED, details: 'No message came.' })
            }, firstMessageMs)
            silent.unref()
            pass(metadata)
          },
          onReceiveMessage(message, pass) {
            spoken()
            pass(message)
          },
          onReceiveHalfClose(pass) {
            spoken()
            pass()
          },
          onCancel: spoken,
        })
      },
    })
}

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
