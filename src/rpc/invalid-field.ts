import { AppError } from '#core/errors.ts'

export function invalidField(field: string, rule: string): AppError {
  return new AppError('INVALID_FIELD', `The field ${field} breaks its rule ${rule}.`, { field, rule })
}
