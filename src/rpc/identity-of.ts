import type { Identity } from '#core/identity-headers.ts'
import type { GateReply } from './gate.ts'

/** What an upstream is told of a request that passes. */
export function identityOf({ decision_id, principal, answer, code }: GateReply): Identity {
  const tier = answer?.answer?.tier
  return {
    decision_id,
    entitlements: answer?.keys ?? [],
    reason: code,
    ...(principal !== undefined && { subject: principal.id }),
    ...(tier !== undefined && { tier }),
    ...(answer !== undefined && { revision: answer.data_revision }),
  }
}
