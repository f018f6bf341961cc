import type { GateReply } from './gate.ts'

export type DeniedResponse = {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** JSON, at most 4 KB. */
  readonly body: string
}

const maxBody = 4096
const texts: Readonly<Record<number, string>> = {
  400: 'The request is refused.',
  401: 'A valid token is required.',
  413: 'The request is too large.',
  503: 'There is no answer just now.',
}

/** What a client is told that a gateway turns away. A denial that hides that there is anything says no more than that. */
export function deniedResponse(reply: GateReply, upgradeUrl?: string): DeniedResponse {
  const { status, decision_id } = reply
  const headers: (readonly [string, string])[] = [
    ['content-type', 'application/json'],
    ['cache-control', 'no-store'],
    ['x-vouchsafe-decision-id', decision_id],
  ]
  if (status === 401) headers.push(['www-authenticate', challenge(reply)])
  return { status, headers, body: bodyOf(reply, upgradeUrl) }
}

function challenge({ code }: GateReply): string {
  return code === 'TOKEN_REFUSED' ? 'Bearer error="invalid_token"' : 'Bearer'
}

function bodyOf({ status, code, decision_id, answer }: GateReply, upgradeUrl: string | undefined): string {
  if (status === 404) return JSON.stringify({ error: 'Not found.' })
  const error = answer?.answer?.reasons[0]?.text || texts[status] || 'Access is denied.'
  const key = answer?.answer && answer.keys[0]
  const body = JSON.stringify({
    error,
    code,
    decision_id,
    ...(key !== undefined && { requiredEntitlement: key }),
    ...(key !== undefined &&
      upgradeUrl !== undefined && {
        upgradeUrl: upgradeUrl.replaceAll('{entitlement}', encodeURIComponent(key)),
      }),
  })
  if (new TextEncoder().encode(body).length <= maxBody) return body
  return JSON.stringify({ error: 'Access is denied.', code: code.slice(0, 256), decision_id })
}
