import { fromBinary } from '@bufbuild/protobuf'
import { type ErrorInfo, ErrorInfoSchema } from '#gen/google/rpc/error_details_pb.ts'
import { StatusSchema } from '#gen/google/rpc/status_pb.ts'

/** The google.rpc.ErrorInfo that a failed call carries: its reason, and the variables of its message. */
export function errorInfoOf(error: unknown): ErrorInfo | undefined {
  const { metadata } = error as {
    readonly metadata?: { readonly get?: (name: string) => readonly unknown[] }
  }
  const bytes = metadata?.get?.('grpc-status-details-bin')[0]
  if (!(bytes instanceof Uint8Array)) return undefined
  try {
    const detail = fromBinary(StatusSchema, bytes).details.find(({ typeUrl }) =>
      typeUrl.endsWith('ErrorInfo'),
    )
    return detail && fromBinary(ErrorInfoSchema, detail.value)
  } catch {
    return undefined
  }
}
