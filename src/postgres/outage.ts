/** Whether a failure means that the database is away, or this connection to it: not that it refused what was asked. */
export function isOutage(error: unknown): boolean {
  const { code, severity } = error as { readonly code?: unknown; readonly severity?: unknown }
  // The server ends the connection with it: no login any more, no connection left, shutting down.
  if (severity === 'FATAL') return true
  return typeof code === 'string' && (outageClass.test(code) || outages.has(code))
}

/** Connection failures, no resources, shutdowns; a node that only reads. */
const outageClass = /^(08...|53...|57P..|25006)$/

const outages = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
])
