import { isOutage } from './outage.ts'

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
  const unfit = unfitCodes.test(codeOf(error))
  const first = error instanceof AggregateError ? error.errors[0] : error
  if (!unfit && !isOutage(first)) return error
  const { host, pathname, username } = new URL(url)
  const database = `The database ${decodeURIComponent(pathname.slice(1)) || 'postgres'} at ${host}`
  const login = decodeURIComponent(username)
  const said = error instanceof AggregateError ? error.errors.map(messageOf).join(', ') : messageOf(error)
  return unfit
    ? new DatabaseRefused('unfit', `${database} refuses the login ${login}: ${said}.`, { cause: error })
    : new DatabaseRefused('unreachable', `${database} does not answer: ${said}.`, { cause: error })
}

/** Authorization, an unknown database, a right that is missing. */
const unfitCodes = /^(28...|3D000|42501|25006)$/

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
