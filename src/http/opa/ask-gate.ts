import type { FastifyRequest } from 'fastify'
import type { IncomingCall } from '#rpc/call.ts'
import { withinDeadline } from '#rpc/deadline.ts'
import { createGate, type GateReply, type GateRequest, type RefusedQuestion } from '#rpc/gate.ts'
import { limits } from '#rpc/limits.ts'
import type { RpcNeeds } from '#rpc/needs.ts'

export type PluginNeeds = {
  readonly isTrustedProxy: (peer: string | undefined) => boolean
  /** The key of the caller that trusted proxies are which send no credential: their plugins cannot. */
  readonly opaGatewayKey?: string | undefined
}

export type AskGate = (
  request: FastifyRequest,
  call: IncomingCall,
  question: () => GateRequest | RefusedQuestion,
) => Promise<GateReply>

const verb = 'Gateway'

/** The gate, for plugins. Whatever goes wrong is a denial. */
export function createAskGate(needs: RpcNeeds & PluginNeeds): AskGate {
  const gate = createGate(needs)
  return (request, call, question) => {
    const known = asPlugin(needs, request, call)
    const reply = needs.tracing.run(call.door, verb, call, () => gate(known, verb, question))
    const now = needs.now()
    return Promise.resolve(withinDeadline(reply, now + limits.deadlineMs, now)).catch(() => {
      needs.metrics.request(call.door, verb, 'DEADLINE')
      return { allowed: false, code: 'DEADLINE', status: 503, decision_id: needs.newId() }
    })
  }
}

/** A credential that was sent counts alone, also where it is a wrong one. */
function asPlugin(needs: PluginNeeds, { raw }: FastifyRequest, call: IncomingCall): IncomingCall {
  const { opaGatewayKey: key } = needs
  if (key === undefined || !needs.isTrustedProxy(raw.socket.remoteAddress)) return call
  const credentials = () => {
    const sent = call.credentials()
    const none = sent.authorization === undefined && sent.certificate === undefined
    return none ? { authorization: [`Bearer ${key}`] } : sent
  }
  return { ...call, credentials }
}
