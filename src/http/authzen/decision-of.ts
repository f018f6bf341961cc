import { type AppError, failures } from '#core/errors.ts'
import type { Json, JsonObject } from '#core/json.ts'
import type { Answer, ShownFix, ShownReason } from '#decide/verbs.ts'

export type Decision = { readonly decision: boolean; readonly context?: JsonObject }

export type Shown = {
  /** Where a right can be asked for that was denied. */
  readonly accessRequestUrl?: string | undefined
  /** ms */
  readonly now: number
}

/** How long a denial may be answered by a request for access. */
const requestableMs = 15 * 60_000

/** A denial that hides that there is anything says no more than that. */
export function decisionOf(answer: Answer, shown: Shown): Decision {
  const { allowed, deny_as, decision_id, data_revision: revision, bundle_revision } = answer
  const hidden = !allowed && deny_as === 404
  return {
    decision: allowed,
    context: {
      decision_id,
      revision,
      bundle_revision,
      ...(!allowed && { deny_as }),
      ...(!hidden && detailsOf(answer)),
      ...(!hidden && !allowed && requestOf(answer, shown)),
    },
  }
}

function detailsOf({
  reasons,
  fix,
  obligations,
  value,
  tier,
  expires_at,
  stale,
  fallback,
}: Answer): JsonObject {
  return {
    reason: reasons[0]?.code ?? '',
    reasons: reasons.map(shownOf),
    ...(fix.length > 0 && { fix: fix.map(shownOf) }),
    ...(obligations.length > 0 && {
      obligations: obligations.map(({ id, params }) => ({ id, type: 'custom', properties: params })),
    }),
    ...(value !== undefined && { value }),
    ...(tier !== undefined && { tier }),
    ...(expires_at !== undefined && { expires_at: timeOf(expires_at) }),
    ...(stale && { stale }),
    ...(fallback !== undefined && { fallback }),
  }
}

/** What would help is what could be asked for. Its binding is the decision's id. */
function requestOf({ fix, decision_id }: Answer, { accessRequestUrl, now }: Shown): JsonObject {
  const [first] = fix
  if (first === undefined || accessRequestUrl === undefined) return {}
  const access_request = {
    endpoint: accessRequestUrl,
    template: first.action,
    expires_at: timeOf(now + requestableMs),
    properties: first.params,
  }
  return { evaluation_id: decision_id, access_request }
}

function shownOf(item: ShownReason | ShownFix): Json {
  const { params, text } = item
  const name = 'code' in item ? { code: item.code } : { action: item.action }
  return { ...name, ...(Object.keys(params).length > 0 && { params }), ...(text !== undefined && { text }) }
}

/** Denied without a question. Gateways show their answers to strangers, and are not told what is unknown. */
export function unaskableDecision(code: string, details: boolean): Decision {
  // Whose token it is may know that it is refused.
  const shown = details || code === 'TOKEN_REFUSED' || code === 'TENANT_MISMATCH'
  return shown ? { decision: false, context: { reason: code, reasons: [{ code }] } } : { decision: false }
}

/** One of many that has no answer. */
export function failedDecision({ code, message }: AppError): Decision {
  return { decision: false, context: { error: { status: failures[code].http, message } } }
}

function timeOf(ms: number): string {
  // The last moment that a Date can hold; a rule may say one beyond.
  return new Date(Math.min(ms, 8.64e15)).toISOString()
}
