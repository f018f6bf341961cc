import { isEntitlementKey } from '#core/entitlement.ts'
import type {
  CheckRequest,
  Consistency,
  Context,
  Principal,
  Resource,
  Subject,
} from '#gen/vouchsafe/v1/decision_pb.ts'
import { invalidField as invalid } from './invalid-field.ts'
import { limits } from './limits.ts'

/**
 * The rules of CheckRequest's annotations, by hand: protovalidate takes as long as an evaluation.
 * A property test keeps both equal. Throws INVALID_FIELD.
 */
export function validateCheckRequest(request: CheckRequest): void {
  if (request.subject === undefined) throw invalid('subject', 'required')
  validateSubject(request.subject)
  if (!isEntitlementKey(request.entitlement)) throw invalid('entitlement', 'string.pattern')
  if (request.resource !== undefined) validateResource(request.resource)
  if (request.context !== undefined) validateContext(request.context)
  if (isLonger(request.tenant, 127)) throw invalid('tenant', 'string.max_len')
  if (request.quantity > 9007199254740991n) throw invalid('quantity', 'uint64.lte')
  if (request.consistency !== undefined) validateConsistency(request.consistency)
}

function validateSubject({ subject }: Subject): void {
  switch (subject.case) {
    case 'accessToken':
      if (subject.value === '') throw invalid('subject.access_token', 'string.min_len')
      if (isLonger(subject.value, limits.tokenBytes)) throw invalid('subject.access_token', 'string.max_len')
      return
    case 'principal':
      validatePrincipal(subject.value)
      return
    default:
      throw invalid('subject.subject', 'required')
  }
}

function validatePrincipal({ id, issuer, subject }: Principal): void {
  if (isLonger(id, 64)) throw invalid('subject.principal.id', 'string.max_len')
  if (isLonger(issuer, 512)) throw invalid('subject.principal.issuer', 'string.max_len')
  if (isLonger(subject, 255)) throw invalid('subject.principal.subject', 'string.max_len')
}

function validateResource({ kind, id }: Resource): void {
  if (kind !== 'product' && kind !== 'content' && kind !== 'navigation')
    throw invalid('resource.kind', 'string.in')
  if (id === '') throw invalid('resource.id', 'string.min_len')
  if (isLonger(id, 127)) throw invalid('resource.id', 'string.max_len')
}

function validateContext({ organization, module }: Context): void {
  if (isLonger(organization, 127)) throw invalid('context.organization', 'string.max_len')
  if (isLonger(module, 63)) throw invalid('context.module', 'string.max_len')
}

function validateConsistency({ demand }: Consistency): void {
  if (demand.case !== 'atLeast') return
  if (demand.value === '') throw invalid('consistency.at_least', 'string.min_len')
  if (isLonger(demand.value, 256)) throw invalid('consistency.at_least', 'string.max_len')
}

/** Counts characters, as protovalidate does, and only where the number of UTF-16 units leaves it open. */
function isLonger(text: string, max: number): boolean {
  if (text.length <= max) return false
  if (text.length > 2 * max) return true
  let count = 0
  for (const _ of text) count++
  return count > max
}
