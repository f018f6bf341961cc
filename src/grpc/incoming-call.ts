import type { ServerUnaryCall } from '@grpc/grpc-js'
import type { IncomingCall } from '#rpc/call.ts'
import { credentialsOf } from '#rpc/credentials.ts'

type AnyCall = Pick<
  ServerUnaryCall<unknown, unknown>,
  'metadata' | 'cancelled' | 'getDeadline' | 'getAuthContext'
> & {
  readonly once: (event: 'cancelled', listener: () => void) => unknown
}

/** A grpc-js call as the pipeline takes it. `signal` makes its controller only when asked. */
export function incomingCall(call: AnyCall, draining: AbortSignal): IncomingCall {
  let signal: AbortSignal | undefined
  return {
    door: 'grpc',
    header: (name) => texts(call, name)[0],
    credentials: () =>
      credentialsOf({
        authorization: texts(call, 'authorization'),
        internalToken: texts(call, 'x-internal-token'),
        fingerprint: () => call.getAuthContext().sslPeerCertificate?.fingerprint256,
      }),
    deadline: Number(call.getDeadline()),
    signal: () => {
      signal ??= AbortSignal.any([draining, cancelled(call)])
      return signal
    },
  }
}

function texts(call: AnyCall, name: string): string[] {
  return call.metadata.get(name).map(String)
}

function cancelled(call: AnyCall): AbortSignal {
  const controller = new AbortController()
  if (call.cancelled) controller.abort()
  else call.once('cancelled', () => controller.abort())
  return controller.signal
}
