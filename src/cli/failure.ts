import { BundleRefused } from '#bundle/refusal.ts'
import { errorInfoOf } from '#cli/error-info.ts'
import { exitCodes } from '#cli/exit.ts'
import { ConfigError } from '#config/config-error.ts'
import { AppError, failures } from '#core/errors.ts'
import { safeError } from '#observe/safe-error.ts'
import { DatabaseRefused } from '#postgres/database-refused.ts'

/** gRPC status → exit code and what to say. */
const statuses: Readonly<Record<number, number>> = {
  3: exitCodes.usage,
  4: exitCodes.unavailable,
  5: exitCodes.data,
  6: exitCodes.data,
  7: exitCodes.noPermission,
  8: exitCodes.unavailable,
  9: exitCodes.data,
  10: exitCodes.data,
  14: exitCodes.unavailable,
  16: exitCodes.noPermission,
}

type Failure = { readonly message: string; readonly exitCode: number }

/** A failure as a person should read it. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ConfigError) return { message: error.message, exitCode: exitCodes.config }
  if (error instanceof AppError) {
    const exitCode = statuses[failures[error.code].grpc] ?? exitCodes.internal
    return { message: `${error.message} (${error.code})`, exitCode }
  }
  if (isStatus(error)) {
    const unreachable = error.code === 14 && error.details.startsWith('No connection')
    const message = unreachable
      ? 'No server answers there. Is it running? Start it with: npm start'
      : `${error.details}${reasonText(error)}`
    return { message, exitCode: statuses[error.code] ?? exitCodes.internal }
  }
  if (error instanceof DatabaseRefused) {
    const exitCode = error.kind === 'unreachable' ? exitCodes.unavailable : exitCodes.config
    return { message: safeError(error).message, exitCode }
  }
  if (error instanceof BundleRefused) return { message: error.message, exitCode: exitCodes.data }
  return fileFailure(error) ?? { message: safeError(error).message, exitCode: exitCodes.internal }
}

/** " (ETAG_MISMATCH)", " (INVALID_FIELD: update_mask)": what a program would read of it. */
function reasonText(error: unknown): string {
  const info = errorInfoOf(error)
  if (!info) return ''
  const { field } = info.metadata
  return ` (${info.reason}${field ? `: ${field}` : ''})`
}

function fileFailure(error: unknown): Failure | undefined {
  if (!(error instanceof Error) || !('path' in error) || !('code' in error)) return undefined
  const file = fileProblems[String(error.code)]
  return file && { message: `${error.path} ${file.problem}.`, exitCode: file.exitCode }
}

const fileProblems: Readonly<Record<string, { readonly problem: string; readonly exitCode: number }>> = {
  ENOENT: { problem: 'does not exist', exitCode: exitCodes.data },
  EISDIR: { problem: 'is a folder', exitCode: exitCodes.data },
  EACCES: { problem: 'may not be read or written by this user', exitCode: exitCodes.noPermission },
}

function isStatus(error: unknown): error is { readonly code: number; readonly details: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error
}
