import { type AppError, failures } from '#core/errors.ts'
import { errorDomain, errorInfo } from '#rpc/status-details.ts'

/** gRPC status codes by their names in the Connect protocol. */
const connectCodes: Readonly<Record<number, string>> = {
  3: 'invalid_argument',
  4: 'deadline_exceeded',
  5: 'not_found',
  6: 'already_exists',
  7: 'permission_denied',
  8: 'resource_exhausted',
  9: 'failed_precondition',
  10: 'aborted',
  13: 'internal',
  14: 'unavailable',
  16: 'unauthenticated',
}

/** A failure as the Connect protocol says it; the plain HTTP routes use the same form. */
export function failureReply(failure: AppError) {
  const { grpc, http } = failures[failure.code]
  return {
    status: http,
    body: {
      code: connectCodes[grpc] ?? 'unknown',
      message: failure.message.toWellFormed(),
      details: [
        {
          type: 'google.rpc.ErrorInfo',
          value: errorInfo(failure).toBase64({ omitPadding: true }),
          debug: { reason: failure.code, domain: errorDomain, metadata: failure.metadata },
        },
      ],
    },
  }
}
