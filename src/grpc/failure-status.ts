import { Metadata, type ServiceError } from '@grpc/grpc-js'
import { AppError, failures } from '#core/errors.ts'
import { statusDetails } from '#rpc/status-details.ts'

/** A failure as grpc-js wants it, with google.rpc.Status in `grpc-status-details-bin`. */
export function failureStatus(error: unknown): ServiceError {
  const failure = error instanceof AppError ? error : new AppError('INTERNAL', 'Internal error.')
  const metadata = new Metadata()
  metadata.set('grpc-status-details-bin', Buffer.from(statusDetails(failure)))
  // Percent-encoding a lone surrogate throws inside grpc-js.
  const details = failure.message.toWellFormed()
  return Object.assign(new Error(details), { code: failures[failure.code].grpc, details, metadata })
}
