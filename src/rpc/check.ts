import type { CheckRequest, CheckResponse } from '#gen/vouchsafe/v1/decision_pb.ts'
import { DecisionService } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import type { CallContext, CallOrigin } from './call.ts'
import { checkResponseOf } from './check-response.ts'
import { freshAsker } from './fresh-asker.ts'
import { andThen, type Maybe } from './maybe.ts'
import type { RpcNeeds } from './needs.ts'
import { questionOf } from './question.ts'
import { askers } from './roles.ts'
import { unary } from './rpc.ts'

type Needs = Pick<RpcNeeds, 'verbs' | 'principalOfToken' | 'principalOfName' | 'tenantOf' | 'now'>

export function checkRpc(needs: Needs) {
  return unary(DecisionService.method.check, { roles: askers }, (request, ctx) =>
    answerCheck(needs, request, ctx),
  )
}

/** Answers one validated question. Synchronous but for an unseen token's key or a freshness wait. */
export function answerCheck(
  needs: Needs,
  request: CheckRequest,
  ctx: CallOrigin & Pick<CallContext, 'deadline'>,
): Maybe<CheckResponse> {
  const question = questionOf(request)
  return andThen(freshAsker(needs, request, ctx), (fresh) =>
    checkResponseOf(needs.verbs.check(fresh, question)),
  )
}
