/** The closed list of failures. A denial is not among them: it is an answer. */
export const failures = {
  INVALID_FIELD: { grpc: 3, http: 400 },
  CALLER_UNAUTHENTICATED: { grpc: 16, http: 401 },
  CALLER_NOT_ALLOWED: { grpc: 7, http: 403 },
  TOKEN_REFUSED: { grpc: 16, http: 401 },
  TENANT_MISMATCH: { grpc: 7, http: 403 },
  NOT_FRESH_ENOUGH: { grpc: 14, http: 503 },
  REVISION_SUPERSEDED: { grpc: 9, http: 409 },
  NOT_READY: { grpc: 14, http: 503 },
  NOT_FOUND: { grpc: 5, http: 404 },
  REQUEST_ID_REUSED: { grpc: 6, http: 409 },
  ETAG_MISMATCH: { grpc: 10, http: 409 },
  LIMIT_EXCEEDED: { grpc: 8, http: 429 },
  DATABASE_UNAVAILABLE: { grpc: 14, http: 503 },
  INTERNAL: { grpc: 13, http: 500 },
  FAILED_PRECONDITION: { grpc: 9, http: 409 },
  ALREADY_EXISTS: { grpc: 6, http: 409 },
  INSUFFICIENT_SEATS: { grpc: 9, http: 409 },
  STRIPE_UNAVAILABLE: { grpc: 14, http: 503 },
  DRAINING: { grpc: 14, http: 503 },
  DEADLINE: { grpc: 4, http: 504 },
} as const satisfies Record<string, { readonly grpc: number; readonly http: number }>

export type FailureCode = keyof typeof failures

/**
 * A call that could not be answered. `message` is for the caller and holds no secret;
 * `metadata` holds every variable of it (AIP-193); `cause` is for the log only.
 */
export class AppError extends Error {
  readonly code: FailureCode
  readonly metadata: Readonly<Record<string, string>>

  constructor(
    code: FailureCode,
    message: string,
    metadata: Readonly<Record<string, string>> = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'AppError'
    this.code = code
    this.metadata = metadata
  }
}
