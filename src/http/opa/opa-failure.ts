import { AppError, failures } from '#core/errors.ts'
import { type FailureNeeds, toFailure } from '#rpc/failure.ts'

export type OpaFailure = {
  readonly status: number
  readonly body: {
    readonly code: string
    readonly message: string
    readonly errors?: readonly { readonly code: string; readonly message: string }[]
  }
}

const codes: Readonly<Record<number, string>> = {
  400: 'invalid_parameter',
  401: 'unauthorized',
  403: 'unauthorized',
  404: 'resource_not_found',
  409: 'resource_conflict',
}

/** A failure in the form of OPA's REST API. Its `errors` hold our own code. */
export function opaFailure(needs: FailureNeeds, error: Error & { readonly statusCode?: number }): OpaFailure {
  // The HTTP server's own refusals: a body over its limit, a broken length.
  const { statusCode = 500 } = error
  if (!(error instanceof AppError) && statusCode >= 400 && statusCode < 500) {
    const message = statusCode === 413 ? 'body is larger than the limit' : 'the request is malformed'
    return { status: statusCode, body: { code: 'invalid_parameter', message } }
  }
  const { code, message } = toFailure(needs, error)
  const { http } = failures[code]
  return {
    status: http,
    body: {
      code: codes[http] ?? 'internal_error',
      message: message.toWellFormed(),
      errors: [{ code, message: message.toWellFormed() }],
    },
  }
}
