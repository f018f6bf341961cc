/** Why a database cannot be used: it does not answer, or it (or the login) is not fit. */
export class DatabaseRefused extends Error {
  readonly kind: 'unreachable' | 'unfit'

  constructor(kind: 'unreachable' | 'unfit', message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DatabaseRefused'
    this.kind = kind
  }
}

/** Says of a failed connection which database it was; any other failure is passed on. Never tells the password. */
export function connectFailure(url: string, error: unknown): unknown {
  const code = codeOf(error)
  const unreachable = unreachableCodes.has(code)
  if (!unreachable && !unfitCodes.test(code)) return error
  const { host, pathname, username } = new URL(url)
  const database = `The database ${decodeURIComponent(pathname.slice(1)) || 'postgres'} at ${host}`
  const login = decodeURIComponent(username)
  const said = error instanceof AggregateError ? error.errors.map(messageOf).join(', ') : messageOf(error)
  return unreachable
    ? new DatabaseRefused('unreachable', `${database} does not answer: ${said}.`, { cause: error })
    : new DatabaseRefused('unfit', `${database} refuses the login ${login}: ${said}.`, { cause: error })
}

const unreachableCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  // Starting, stopping, and no connection left.
  '57P01',
  '57P03',
  '53300',
])

/** Authorization, an unknown database, a right that is missing. */
const unfitCodes = /^(28...|3D000|42501|25006)$/

function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
