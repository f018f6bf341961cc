import { AppError, type FailureCode } from '#core/errors.ts'
import { isOutage } from './outage.ts'

/** What the database refused, in the words of the API. Anything unforeseen stays what it is. */
export function translate(error: unknown): unknown {
  if (error instanceof AppError) return error
  const { code, constraint_name } = error as { code?: unknown; constraint_name?: unknown }
  if (typeof code !== 'string') return error
  const known = Object.hasOwn(meanings, code) ? meanings[code as keyof typeof meanings] : undefined
  if (known) {
    const metadata = typeof constraint_name === 'string' ? { constraint: constraint_name } : {}
    return new AppError(known.code, known.message, metadata, error)
  }
  if (isOutage(error))
    return new AppError('DATABASE_UNAVAILABLE', 'The database cannot be reached.', {}, error)
  return error
}

type Meaning = { readonly code: FailureCode; readonly message: string }

// Message texts never quote the database's: those name other rows' values.
const meanings = {
  23505: { code: 'ALREADY_EXISTS', message: 'There is one with this key already.' },
  23503: { code: 'NOT_FOUND', message: 'Something that is referred to does not exist.' },
  23514: { code: 'INVALID_FIELD', message: 'A value is outside of what is allowed.' },
  '22P02': { code: 'INVALID_FIELD', message: 'A value is malformed.' },
  VS006: { code: 'FAILED_PRECONDITION', message: 'The organizations would form a circle or be too deep.' },
  VS007: { code: 'FAILED_PRECONDITION', message: 'A published plan version never changes.' },
  VS008: {
    code: 'FAILED_PRECONDITION',
    message: 'The export is not what history has: nothing was pruned. Export again.',
  },
} as const satisfies Record<string, Meaning>
