import { create } from '@bufbuild/protobuf'
import { failures } from '#core/errors.ts'
import { type CheckError, CheckErrorSchema } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { type FailureNeeds, toFailure } from './failure.ts'

/** Why one question of many has no answer. */
export function checkErrorOf(needs: FailureNeeds, error: unknown): CheckError {
  const failure = toFailure(needs, error)
  return create(CheckErrorSchema, {
    code: failures[failure.code].grpc,
    reason: failure.code,
    message: failure.message.toWellFormed(),
  })
}
