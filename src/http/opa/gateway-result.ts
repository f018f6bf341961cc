import { identityHeaders, reservedHeaders } from '#core/identity-headers.ts'
import type { JsonObject } from '#core/json.ts'
import { deniedResponse } from '#rpc/denied-response.ts'
import type { GateReply } from '#rpc/gate.ts'
import { identityOf } from '#rpc/identity-of.ts'

/**
 * The document `vouchsafe/gateway`, which both plugins read: Kong `status` and `message`, APISIX `status_code` and `reason`;
 * `context` is what AuthZEN's is, for whoever asks without a plugin.
 * All reserved headers are there, empty where nothing is known: a plugin overwrites what it is given, and nothing else.
 */
export function gatewayResult(reply: GateReply, upgradeUrl?: string): JsonObject {
  if (reply.allowed) {
    const none = reservedHeaders.map((name) => [name, ''])
    const headers = Object.fromEntries([...none, ...identityHeaders(identityOf(reply))])
    return { allow: true, headers, context: contextOf(reply) }
  }
  const { status, headers, body } = deniedResponse(reply, upgradeUrl)
  return {
    allow: false,
    headers: Object.fromEntries(headers),
    status,
    message: JSON.parse(body) as JsonObject,
    status_code: status,
    reason: body,
    context: contextOf(reply),
  }
}

/** Not the client's to see; and a denial that hides that there is anything says no more here either. */
function contextOf({ decision_id, code, status, answer }: GateReply): JsonObject {
  const reasons = answer?.answer?.reasons.map((each) => ({ code: each.code })) ?? [{ code }]
  return {
    decision_id,
    ...(answer && { revision: answer.data_revision, bundle_revision: answer.bundle_revision }),
    ...(status !== 404 && { reason: code, reasons }),
  }
}
