import { AppError } from '#core/errors.ts'

export function notFound(what: string, name: string): AppError {
  return new AppError('NOT_FOUND', `There is no ${what} "${name}".`, { kind: what, name })
}
