import { create } from '@bufbuild/protobuf'
import { DecisionService, ExplainResponseSchema } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { checkResponseOf } from './check-response.ts'
import { explainPast } from './explain-past.ts'
import { freshAsker } from './fresh-asker.ts'
import { invalidField } from './invalid-field.ts'
import { andThen } from './maybe.ts'
import type { RpcNeeds } from './needs.ts'
import { questionOf } from './question.ts'
import { askers } from './roles.ts'
import { unary } from './rpc.ts'
import { structOf } from './wire-values.ts'

export function explainRpc(needs: RpcNeeds) {
  return unary(DecisionService.method.explain, { roles: askers }, (request, ctx) => {
    const { check, claims } = request
    if (request.at.case !== undefined) return explainPast(needs, request, ctx)
    if (claims !== undefined) throw invalidField('claims', 'only_with_at')
    if (check === undefined) throw invalidField('check', 'required')
    const question = questionOf(check, true)
    const asker = freshAsker(needs, check, ctx)
    return andThen(asker, (fresh) => {
      const answer = needs.verbs.check(fresh, question)
      return create(ExplainResponseSchema, {
        response: checkResponseOf(answer),
        ...(answer.input && { input: structOf(answer.input) }),
      })
    })
  })
}
