import { AppError } from '#core/errors.ts'

export function invalid(field: string, message: string): AppError {
  return new AppError('INVALID_FIELD', message, { field })
}
