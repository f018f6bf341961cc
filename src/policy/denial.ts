import type { JsonObject } from '#core/json.ts'
import type { Verdict } from '#core/verdict.ts'

export type FailureReason = 'POLICY_UNDEFINED' | 'POLICY_MALFORMED' | 'POLICY_FAILED' | 'POLICY_INPUT_LOST'

/** The answer where the policy gave none that can be used. */
export function denial(code: FailureReason, questionId: string, params: JsonObject = {}): Verdict {
  return {
    question_id: questionId,
    allowed: false,
    reasons: [{ code, params }],
    fix: [],
    obligations: [],
  }
}
