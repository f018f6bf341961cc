import type { Json, JsonObject } from '#core/json.ts'
import type { GrantInput } from './grant-types.ts'
import { invalid } from './invalid.ts'

/** What can be refused without looking at other rows. `kind` is the target entitlement's; null for a product or plan. */
export function checkGrant(input: GrantInput, kind: string | null, startsAt: number): void {
  if (input.ends_at !== undefined && input.ends_at <= startsAt)
    throw invalid('ends_at', 'A grant ends after it starts.')
  if (input.scope_organization && 'organization' in input.holder) {
    throw invalid('scope_organization', 'Only a subject’s grant is limited to an organization.')
  }
  if (input.pool && !('organization' in input.holder))
    throw invalid('pool', 'Only an organization’s grant has a seat pool.')
  if (input.quantity !== undefined && !input.pool) throw invalid('quantity', 'A quantity needs a seat pool.')
  if (input.quantity !== undefined && !(Number.isSafeInteger(input.quantity) && input.quantity >= 0)) {
    throw invalid('quantity', 'A quantity is a whole number of at least 0.')
  }
  checkMetadata(input.metadata)
  const { value } = input
  if (value !== undefined) checkValue(value, kind)
  else if (input.effect === 'override' && kind !== null && kind !== 'boolean')
    throw invalid('value', 'An override needs its value.')
}

/** Whether a value fits what is given: an entitlement of this kind, or (null) something without values. */
export function checkValue(value: Json, kind: string | null): void {
  if (kind === null) throw invalid('value', 'Only an entitlement has a value.')
  if (kind === 'boolean' && typeof value !== 'boolean') throw invalid('value', 'The value is true or false.')
  if (kind === 'limit' || kind === 'metered' || kind === 'credit') {
    if (typeof value !== 'number' && value !== 'unlimited')
      throw invalid('value', 'The value is a number or "unlimited".')
  }
  if (hasNegative(value)) throw invalid('value', 'A value is never negative.')
}

const metadataBytes = 8192

export function checkMetadata(metadata: JsonObject | undefined): void {
  if (metadata !== undefined && Buffer.byteLength(JSON.stringify(metadata)) > metadataBytes)
    throw invalid('metadata', `The metadata is at most ${metadataBytes} bytes of JSON.`)
}

function hasNegative(value: Json): boolean {
  if (typeof value === 'number') return !(value >= 0) || !Number.isFinite(value)
  if (Array.isArray(value)) return value.some(hasNegative)
  return typeof value === 'object' && value !== null && Object.values(value).some(hasNegative)
}
