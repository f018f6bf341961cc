import { exitCodes } from '#cli/exit.ts'
import { ConfigError } from '#config/config-error.ts'
import { safeError } from '#observe/safe-error.ts'

/** gRPC status → exit code and what to say. */
const statuses: Readonly<Record<number, number>> = {
  3: exitCodes.usage,
  5: exitCodes.data,
  6: exitCodes.data,
  7: exitCodes.noPermission,
  8: exitCodes.unavailable,
  9: exitCodes.data,
  14: exitCodes.unavailable,
  16: exitCodes.noPermission,
}

/** A failure as a person should read it. */
export function failureOf(error: unknown): { readonly message: string; readonly exitCode: number } {
  if (error instanceof ConfigError) return { message: error.message, exitCode: exitCodes.config }
  if (isStatus(error)) {
    const unreachable = error.code === 14 && error.details.startsWith('No connection')
    const message = unreachable
      ? 'No server answers there. Is it running? Start it with: npm start'
      : error.details
    return { message, exitCode: statuses[error.code] ?? exitCodes.internal }
  }
  return { message: safeError(error).message, exitCode: exitCodes.internal }
}

function isStatus(error: unknown): error is { readonly code: number; readonly details: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error
}
