import { AppError } from '#core/errors.ts'

/** A state forbids it. */
export function failed(message: string, metadata: Readonly<Record<string, string>>): AppError {
  return new AppError('FAILED_PRECONDITION', message, metadata)
}
