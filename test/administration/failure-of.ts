import { fromBinary } from '@bufbuild/protobuf'
import type { ServiceError } from '@grpc/grpc-js'
import { ErrorInfoSchema } from '#gen/google/rpc/error_details_pb.ts'
import { StatusSchema } from '#gen/google/rpc/status_pb.ts'

/** The reason and the metadata of a call that fails; one that succeeds fails the test. */
export async function failureOf(call: Promise<unknown>): Promise<Readonly<Record<string, string>>> {
  const error = await call.then(
    (answer) => {
      throw new Error(`It was answered: ${JSON.stringify(answer)}`)
    },
    (failure: ServiceError) => failure,
  )
  const [bytes] = error.metadata.get('grpc-status-details-bin')
  if (!Buffer.isBuffer(bytes)) throw error
  const detail = fromBinary(StatusSchema, bytes).details.find(({ typeUrl }) => typeUrl.endsWith('ErrorInfo'))
  if (!detail) throw error
  const { reason, metadata } = fromBinary(ErrorInfoSchema, detail.value)
  return { ...metadata, code: reason, message: error.details }
}
