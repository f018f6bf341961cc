import { identityHeaders, reservedHeaders } from '#core/identity-headers.ts'
import type { JsonObject } from '#core/json.ts'
import { deniedResponse } from '#rpc/denied-response.ts'
import type { GateReply } from '#rpc/gate.ts'
import { identityOf } from '#rpc/identity-of.ts'

/**
 * The document `vouchsafe/gateway`, which both plugins read: Kong `status` and `message`, APISIX `status_code` and `reason`.
 * All reserved headers are there, empty where nothing is known: a plugin overwrites what it is given, and nothing else.
 */
export function gatewayResult(reply: GateReply, upgradeUrl?: string): JsonObject {
  if (reply.allowed) {
    const none = reservedHeaders.map((name) => [name, ''])
    return { allow: true, headers: Object.fromEntries([...none, ...identityHeaders(identityOf(reply))]) }
  }
  const { status, headers, body } = deniedResponse(reply, upgradeUrl)
  return {
    allow: false,
    headers: Object.fromEntries(headers),
    status,
    message: JSON.parse(body) as JsonObject,
    status_code: status,
    reason: body,
  }
}
