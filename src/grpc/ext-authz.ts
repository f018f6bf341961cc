import type { Server } from '@grpc/grpc-js'
import {
  Authorization,
  type CheckRequest,
  type CheckResponse,
} from '#gen/envoy/service/auth/v3/external_auth_pb.ts'
import { withinDeadline } from '#rpc/deadline.ts'
import { createGate, type GateReply, type GateRequest, type RefusedQuestion } from '#rpc/gate.ts'
import { limits } from '#rpc/limits.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { extAuthzAnswer } from './ext-authz-answer.ts'
import { extAuthzQuestion, refused, traceparentOf } from './ext-authz-question.ts'
import { incomingCall } from './incoming-call.ts'
import { addUnary, type UnaryHandler, type UnaryHandlers } from './unary-call.ts'

type Needs = RpcNeeds & { readonly upgradeUrl?: string | undefined }

const door = 'ext_authz'
const verb = Authorization.method.check.name

/** What of its time Envoy is left with, so that our answer is there before it gives up (ms). */
const spareMs = 20

/** envoy.service.auth.v3: every request that is not plainly allowed is denied, in words; never by failing. */
export function addExtAuthzService(
  server: Server,
  unary: UnaryHandlers,
  needs: Needs,
  draining: AbortSignal,
): void {
  const gate = createGate(needs)

  function late(): GateReply {
    needs.metrics.request(door, verb, 'DEADLINE')
    return { allowed: false, code: 'DEADLINE', status: 503, decision_id: needs.newId() }
  }

  const check: UnaryHandler = (call, callback) => {
    const startedAt = performance.now()
    let request: CheckRequest | undefined
    const incoming = incomingCall(call, draining)
    const header = (name: string) =>
      incoming.header(name) ?? (name === 'traceparent' && request ? traceparentOf(request) : undefined)
    const from = { ...incoming, door, header, deadline: incoming.deadline - spareMs }

    const question = (): GateRequest | RefusedQuestion => {
      try {
        request = call.request() as CheckRequest
      } catch {
        return refused('REQUEST_REFUSED', 'a message that cannot be decoded')
      }
      return extAuthzQuestion(request)
    }
    const answer = (reply: GateReply): CheckResponse => {
      needs.metrics.decided(door, verb, (performance.now() - startedAt) / 1000)
      return extAuthzAnswer(reply, needs.upgradeUrl)
    }

    const reply = needs.tracing.run(door, verb, from, () => gate(from, verb, question))
    if (!(reply instanceof Promise)) return callback(null, answer(reply))
    inTime(reply, from.deadline)
      .catch(late)
      .then((said) => callback(null, answer(said)))
  }

  async function inTime(reply: Promise<GateReply>, deadline: number): Promise<GateReply> {
    const now = needs.now()
    return withinDeadline<GateReply>(reply, Math.min(deadline, now + limits.deadlineMs), now)
  }

  addUnary(server, unary, Authorization.method.check, check)
}
