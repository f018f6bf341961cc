import { AppError } from '#core/errors.ts'

/** What is needed to answer and record an unforeseen error. */
export type FailureNeeds = {
  readonly log: { readonly error: (fields: object, message: string) => void }
  readonly newId: () => string
}

/** Any thrown value as a failure that may be shown. An unforeseen one keeps its text in the log, under an id. */
export function toFailure(needs: FailureNeeds, error: unknown): AppError {
  if (error instanceof AppError) {
    if (error.cause !== undefined) needs.log.error({ err: error, code: error.code }, 'call failed')
    return error
  }
  const errorId = needs.newId()
  needs.log.error({ err: error, error_id: errorId }, 'unexpected error in a call')
  return new AppError('INTERNAL', `Internal error ${errorId}.`, { error_id: errorId })
}
