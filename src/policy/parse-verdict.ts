import type { Verdict } from '#core/verdict.ts'
import { denial } from './denial.ts'

type Fields = Readonly<Record<string, unknown>>

const statuses: ReadonlySet<unknown> = new Set([401, 402, 403, 404, 429])
const known: ReadonlySet<string> = new Set([
  'question_id',
  'allowed',
  'reasons',
  'value',
  'expires_at',
  'deny_as',
  'fix',
  'obligations',
  'evidence',
])

/** Takes the text of a result set; all that is not exactly one verdict on this question is a denial. */
export function parseVerdict(resultText: string, questionId: string): Verdict {
  const results = parsed(resultText)
  if (results === undefined || !Array.isArray(results)) return denial('POLICY_MALFORMED', questionId)
  if (results.length === 0) return denial('POLICY_UNDEFINED', questionId)
  const verdict: unknown = results.length === 1 ? results[0]?.result : undefined
  if (!isObject(verdict)) return denial('POLICY_MALFORMED', questionId)
  // Without an input the policy is undefined or echoes another question.
  if (verdict.question_id !== questionId) return denial('POLICY_INPUT_LOST', questionId)
  return isVerdict(verdict) ? (verdict as Verdict) : denial('POLICY_MALFORMED', questionId)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isVerdict(v: Fields): boolean {
  for (const key in v) if (!known.has(key)) return false
  return (
    typeof v.allowed === 'boolean' &&
    isList(v.reasons, isReason) &&
    v.reasons.length > 0 &&
    isList(v.fix, isFix) &&
    isList(v.obligations, isObligation) &&
    v.value !== null &&
    (v.expires_at === undefined || Number.isSafeInteger(v.expires_at)) &&
    (v.deny_as === undefined || statuses.has(v.deny_as)) &&
    (v.evidence === undefined || isList(v.evidence, isEvidence))
  )
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isList(value: unknown, isItem: (item: Fields) => boolean): value is readonly unknown[] {
  if (!Array.isArray(value)) return false
  for (const item of value) if (!isObject(item) || !isItem(item)) return false
  return true
}

function isReason(item: Fields): boolean {
  return typeof item.code === 'string' && item.code !== '' && isObject(item.params)
}

function isFix(item: Fields): boolean {
  return typeof item.action === 'string' && isObject(item.params)
}

function isObligation(item: Fields): boolean {
  return typeof item.id === 'string' && isObject(item.params)
}

function isEvidence(item: Fields): boolean {
  return (
    isReason(item) &&
    typeof item.rule === 'string' &&
    typeof item.holds === 'boolean' &&
    (item.kind === 'allow' || item.kind === 'miss' || item.kind === 'guard')
  )
}
