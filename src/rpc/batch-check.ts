import { create } from '@bufbuild/protobuf'
import type { Asker, Question } from '#decide/verbs.ts'
import type { CheckRequest } from '#gen/vouchsafe/v1/decision_pb.ts'
import {
  BatchCheckResponseSchema,
  type BatchCheckResult,
  BatchCheckResultSchema,
  DecisionService,
} from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { askerOf } from './asker.ts'
import type { CallContext } from './call.ts'
import { checkErrorOf } from './check-error.ts'
import { checkResponseOf } from './check-response.ts'
import { validateCheckRequest } from './check-rules.ts'
import { freshAsker } from './fresh-asker.ts'
import { andThen, type Maybe } from './maybe.ts'
import type { RpcNeeds } from './needs.ts'
import { questionOf } from './question.ts'
import { askers } from './roles.ts'
import { unary } from './rpc.ts'

type Prepared = { readonly asker: Asker; readonly question: Question } | { readonly error: unknown }

/**
 * Waits for every token and freshness first, then decides all in one go without yielding:
 * the feed and a bundle's swap come between ticks only, so all answers are of one snapshot and one bundle.
 */
export function batchCheckRpc(needs: RpcNeeds) {
  return unary(DecisionService.method.batchCheck, { roles: askers }, (request, ctx) => {
    const prepared = request.checks.map((check) => prepare(needs, check, ctx))
    const all = prepared.some((item) => item instanceof Promise)
      ? Promise.all(prepared).then((items) =>
          items.map((item, i) => again(needs, item, request.checks[i], ctx)),
        )
      : (prepared as Prepared[])
    return andThen(all, (items) =>
      create(BatchCheckResponseSchema, { results: items.map((item) => resultOf(needs, item)) }),
    )
  })
}

function prepare(needs: RpcNeeds, check: CheckRequest, ctx: CallContext): Maybe<Prepared> {
  try {
    validateCheckRequest(check)
    const question = questionOf(check)
    const asker = freshAsker(needs, check, ctx)
    if (!(asker instanceof Promise)) return { asker, question }
    return asker.then(
      (known) => ({ asker: known, question }),
      (error: unknown) => ({ error }),
    )
  } catch (error) {
    return { error }
  }
}

/**
 * Whom a question is about, as it is known after all waiting: what one question waited for may be what takes back the
 * token of another. A token that is not remembered any more is not verified a second time.
 */
function again(needs: RpcNeeds, item: Prepared, check: CheckRequest | undefined, ctx: CallContext): Prepared {
  if ('error' in item || check === undefined) return item
  try {
    const asker = askerOf(needs, ctx, check.subject, check.tenant)
    if (!(asker instanceof Promise)) return { ...item, asker }
    asker.catch(() => undefined)
    return item
  } catch (error) {
    return { error }
  }
}

function resultOf(needs: RpcNeeds, item: Prepared): BatchCheckResult {
  try {
    if ('error' in item) throw item.error
    const value = checkResponseOf(needs.verbs.check(item.asker, item.question))
    return create(BatchCheckResultSchema, { result: { case: 'response', value } })
  } catch (error) {
    return create(BatchCheckResultSchema, { result: { case: 'error', value: checkErrorOf(needs, error) } })
  }
}
