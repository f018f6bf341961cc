import type { FastifyRequest } from 'fastify'
import type { IncomingCall } from '#rpc/call.ts'
import { credentialsOf } from '#rpc/credentials.ts'
import { invalidField } from '#rpc/invalid-field.ts'
import { fingerprintOf } from './fingerprint.ts'

/** An HTTP request as the pipeline takes it. */
export function incomingRequest(request: FastifyRequest, now: number): IncomingCall {
  const { headersDistinct } = request.raw
  let signal: AbortSignal | undefined
  return {
    door: 'http',
    header: (name) => headersDistinct[name]?.[0],
    credentials: () =>
      credentialsOf({
        authorization: headersDistinct.authorization ?? [],
        internalToken: headersDistinct['x-internal-token'] ?? [],
        fingerprint: () => fingerprintOf(request.raw),
      }),
    deadline: now + timeoutOf(headersDistinct['connect-timeout-ms']?.[0]),
    signal: () => {
      signal ??= closed(request)
      return signal
    },
  }
}

function timeoutOf(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY
  if (!/^\d{1,10}$/.test(text)) throw invalidField('connect-timeout-ms', 'number')
  return Number(text)
}

function closed(request: FastifyRequest): AbortSignal {
  const controller = new AbortController()
  request.raw.socket.once('close', () => controller.abort())
  return controller.signal
}
