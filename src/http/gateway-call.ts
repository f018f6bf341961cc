import type { IncomingMessage } from 'node:http'
import type { IncomingCall } from '#rpc/call.ts'
import { credentialsOf } from '#rpc/credentials.ts'
import { fingerprintOf } from './fingerprint.ts'

/** A gateway's call. `authorization` is the client's there, and so is every other header that names a caller or a time. */
export function gatewayCall(request: IncomingMessage, door: string): IncomingCall {
  const { headersDistinct } = request
  return {
    door,
    header: (name) => headersDistinct[name]?.[0],
    credentials: () => {
      const internalToken = headersDistinct['x-internal-token'] ?? []
      const certificate = fingerprintOf(request)
      // The key may be the client's own, and would then make it the gateway.
      const both = certificate !== undefined && internalToken.length > 0
      return credentialsOf({
        authorization: both ? ['a certificate'] : [],
        internalToken,
        fingerprint: () => certificate,
      })
    },
    deadline: Number.POSITIVE_INFINITY,
    signal: () => new AbortController().signal,
  }
}
