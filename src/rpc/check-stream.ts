import { create } from '@bufbuild/protobuf'
import type { CheckResponse } from '#gen/vouchsafe/v1/decision_pb.ts'
import {
  type CheckStreamRequest,
  type CheckStreamResponse,
  CheckStreamResponseSchema,
  DecisionService,
} from '#gen/vouchsafe/v1/decision_service_pb.ts'
import type { CallContext } from './call.ts'
import { answerCheck } from './check.ts'
import { checkErrorOf } from './check-error.ts'
import { validateCheckRequest } from './check-rules.ts'
import { cappedDeadline, withinDeadline } from './deadline.ts'
import { invalidField } from './invalid-field.ts'
import type { Maybe } from './maybe.ts'
import type { RpcNeeds } from './needs.ts'
import { askers } from './roles.ts'
import { bidi } from './rpc.ts'

/** Every question is a call of its own with a deadline of its own; its failure is an answer and leaves the stream up. */
export function checkStreamRpc(needs: RpcNeeds) {
  return bidi(DecisionService.method.checkStream, { roles: askers }, (request, ctx) => {
    const { correlationId } = request
    const failed = (error: unknown): CheckStreamResponse =>
      create(CheckStreamResponseSchema, {
        correlationId,
        result: { case: 'error', value: checkErrorOf(needs, error) },
      })
    const answered = (value: CheckResponse): CheckStreamResponse =>
      create(CheckStreamResponseSchema, { correlationId, result: { case: 'response', value } })
    try {
      const response = answer(needs, request, ctx)
      return response instanceof Promise ? response.then(answered, failed) : answered(response)
    } catch (error) {
      return failed(error)
    }
  })
}

function answer(needs: RpcNeeds, request: CheckStreamRequest, ctx: CallContext): Maybe<CheckResponse> {
  const { check } = request
  if (check === undefined) throw invalidField('check', 'required')
  validateCheckRequest(check)
  const now = needs.now()
  const deadline = cappedDeadline(ctx.deadline, now)
  return withinDeadline(answerCheck(needs, check, { ...ctx, deadline }), deadline, now)
}
