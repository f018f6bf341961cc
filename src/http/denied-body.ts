import { AppError, failures } from '#core/errors.ts'
import type { CheckRequest, CheckResponse } from '#gen/vouchsafe/v1/decision_pb.ts'

/** Why, in the four words of S003-49. */
export type DeniedReason = 'no_entitlement' | 'expired_entitlement' | 'inactive_option' | 'system_error'

const reasons: Readonly<Record<string, DeniedReason>> = {
  EXPIRED: 'expired_entitlement',
  REVOKED: 'expired_entitlement',
  CLAIM_REVOKED: 'expired_entitlement',
  PAYMENT_OVERDUE: 'inactive_option',
  NOT_YET_ACTIVE: 'inactive_option',
  READ_ONLY: 'inactive_option',
  SEAT_SUSPENDED: 'inactive_option',
  GUARD_UNPROVEN: 'system_error',
  SNAPSHOT_TOO_OLD: 'system_error',
}

// Where the rules name nothing that would help.
const actions: Readonly<Record<DeniedReason, readonly string[]>> = {
  no_entitlement: ['upgrade', 'contact_administrator'],
  expired_entitlement: ['renew', 'contact_administrator'],
  inactive_option: ['contact_administrator'],
  system_error: ['retry', 'contact_support'],
}

/** A denial that hides that there is anything says no more than that. */
export function deniedBody(answer: CheckResponse, asked: CheckRequest | undefined, upgradeUrl?: string) {
  if (answer.denyAs === 404) return { error: 'Not found.' }
  const main = answer.reasons[0]?.code ?? ''
  const reason = (Object.hasOwn(reasons, main) ? reasons[main] : undefined) ?? 'no_entitlement'
  const fixes = [...new Set(answer.fix.map(({ action }) => action))]
  return {
    error: answer.reasons[0]?.text || 'Access is denied.',
    reason,
    requiredEntitlement: requiredOf(asked),
    upgradeUrl: upgradeUrlFor(asked, upgradeUrl),
    suggestedActions: fixes.length > 0 ? fixes : actions[reason],
    reasons: answer.reasons.map(({ code }) => code),
    decision_id: answer.decisionId,
  }
}

export function failedBody(asked: CheckRequest | undefined, message: string) {
  const requiredEntitlement = requiredOf(asked)
  return {
    error: message,
    reason: 'system_error',
    requiredEntitlement,
    upgradeUrl: null,
    suggestedActions: actions.system_error,
  }
}

/** Not the caller's mistake: there is no answer just now. */
export function isOurFailure(error: unknown): error is AppError {
  return error instanceof AppError && failures[error.code].http >= 500
}

/** A product is required as "product:<key>". */
function requiredOf(asked: CheckRequest | undefined): string | null {
  if (asked === undefined) return null
  return asked.resource?.kind === 'product' ? `product:${asked.resource.id}` : asked.entitlement
}

function upgradeUrlFor(asked: CheckRequest | undefined, template: string | undefined): string | null {
  if (template === undefined) return null
  return template.replaceAll('{entitlement}', encodeURIComponent(requiredOf(asked) ?? ''))
}
