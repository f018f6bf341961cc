import { create, toBinary } from '@bufbuild/protobuf'
import { anyPack } from '@bufbuild/protobuf/wkt'
import { type AppError, failures } from '#core/errors.ts'
import { ErrorInfoSchema } from '#gen/google/rpc/error_details_pb.ts'
import { StatusSchema } from '#gen/google/rpc/status_pb.ts'

export const errorDomain = 'vouchsafe.v1'

/** google.rpc.ErrorInfo of a failure, as bytes. */
export function errorInfo(failure: AppError): Uint8Array {
  return toBinary(ErrorInfoSchema, infoOf(failure))
}

/** google.rpc.Status with its ErrorInfo, as `grpc-status-details-bin` carries it. */
export function statusDetails(failure: AppError): Uint8Array {
  const status = create(StatusSchema, {
    code: failures[failure.code].grpc,
    message: failure.message.toWellFormed(),
    details: [anyPack(ErrorInfoSchema, infoOf(failure))],
  })
  return toBinary(StatusSchema, status)
}

function infoOf(failure: AppError) {
  const metadata = Object.entries(failure.metadata).map(([key, value]) => [key, value.toWellFormed()])
  return create(ErrorInfoSchema, {
    reason: failure.code,
    domain: errorDomain,
    metadata: Object.fromEntries(metadata),
  })
}
