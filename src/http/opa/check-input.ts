import { fromJson, type JsonValue } from '@bufbuild/protobuf'
import type { Json, JsonObject } from '#core/json.ts'
import { type CheckRequest, CheckRequestSchema } from '#gen/vouchsafe/v1/decision_pb.ts'
import { invalidField } from '#rpc/invalid-field.ts'

const fields = ['entitlement', 'resource', 'context', 'tenant', 'quantity', 'consistency'] as const
const naming = ['token', 'subject', 'principal'] as const
const known = new Set<string>([...fields, ...naming])

/**
 * The question of an `input`: `token`, or `subject` (an id) or `principal` ({id} or {issuer, subject}), and the fields of
 * CheckRequest. A field that is not known could have narrowed the question, so it is refused. Throws INVALID_FIELD.
 */
export function checkInput(input: Json, explain: boolean): CheckRequest {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw invalidField('input', 'object')
  }
  const given = input as JsonObject
  const stray = Object.keys(given).find((name) => !known.has(name))
  if (stray !== undefined) throw invalidField(`input.${stray.slice(0, 64).toWellFormed()}`, 'known')
  const question = fields.filter((name) => Object.hasOwn(given, name)).map((name) => [name, given[name]])
  const subject = subjectOf(given)
  try {
    return fromJson(CheckRequestSchema, { ...Object.fromEntries(question), subject, explain } as JsonValue)
  } catch {
    throw invalidField('input', 'question')
  }
}

function subjectOf(given: JsonObject) {
  const [named, ...others] = naming.filter((name) => Object.hasOwn(given, name))
  if (named === undefined || others.length > 0) throw invalidField('input.subject', 'one')
  const value = given[named] as Json
  if (named === 'token') return { access_token: value }
  return { principal: typeof value === 'string' ? { id: value } : value }
}
