import { Metadata, type ServerInterceptor, status } from '@grpc/grpc-js'
import { Authorization } from '#gen/envoy/service/auth/v3/external_auth_pb.ts'
import type { GateReply } from '#rpc/gate.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { extAuthzAnswer } from './ext-authz-answer.ts'

type Needs = Pick<RpcNeeds, 'metrics' | 'newId' | 'security'>

const { check } = Authorization.method
const path = `/${check.parent.typeName}/${check.name}`
const door = 'ext_authz'

/**
 * The server gives up a message over its limit before any service sees it, and fails the call. To Envoy, where a client's body
 * may have made it that large, a failure may be a way through: it is told no instead. Around the first of the
 * interceptors, since it is the call itself that gives up.
 */
export function denyTooLarge(needs: Needs, first: ServerInterceptor): ServerInterceptor {
  const reason = 'REQUEST_REFUSED'

  function denial(): GateReply {
    const decision_id = needs.newId()
    const detail = 'a message over the limit'
    needs.metrics.request(door, check.name, reason)
    needs.security({ reason, detail, door, route: '', tenant: '', caller: '', decision_id })
    return { allowed: false, code: reason, status: 413, decision_id, detail }
  }

  return (method, call) => {
    if (method.path !== path) return first(method, call)
    const end = call.sendStatus.bind(call)
    call.sendStatus = (said) => {
      if (said.code !== status.RESOURCE_EXHAUSTED) return end(said)
      call.sendMetadata(new Metadata())
      call.sendMessage(extAuthzAnswer(denial(), undefined), () => end({ code: status.OK, details: '' }))
      // What still comes of the message fails again; one that came before it is not answered beside it.
      call.sendStatus = () => undefined
      call.sendMessage = () => undefined
    }
    return first(method, call)
  }
}
