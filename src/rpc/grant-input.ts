import type { GrantInput, ListInput, RevokeInput } from '#admin/grant-types.ts'
import { type GrantSource, grantSources } from '#core/grant.ts'
import type { JsonObject } from '#core/json.ts'
import type {
  GrantEntitlementRequest,
  ListGrantsRequest,
  RevokeEntitlementRequest,
} from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { effectOf, holderOf, targetOf } from './grant-message.ts'
import { grantValueOf } from './grant-value.ts'
import { invalidField } from './invalid-field.ts'
import { millisecondsOf } from './wire-values.ts'

export function grantInputOf(request: GrantEntitlementRequest): GrantInput {
  const { startsAt, endsAt, value } = request
  const starts = startsAt && millisecondsOf(startsAt)
  const ends = endsAt && millisecondsOf(endsAt)
  if (starts !== undefined && ends !== undefined && ends <= starts) throw invalidField('ends_at', 'window')
  return {
    holder: holderOf(request.holder),
    target: targetOf(request.target),
    effect: effectOf(request.effect),
    ...(request.module !== '' && { module: request.module }),
    ...(request.scopeOrganization !== '' && { scope_organization: request.scopeOrganization }),
    ...(value && { value: grantValueOf(value) }),
    ...(starts !== undefined && { starts_at: starts }),
    ...(ends !== undefined && { ends_at: ends }),
    source: sourceOf(request.source),
    source_ref: request.sourceRef,
    reason: request.reason,
    access: request.access === 'read_only' ? 'read_only' : 'full',
    ...(request.pool !== '' && { pool: request.pool }),
    ...(request.quantity !== undefined && { quantity: request.quantity }),
    ...(request.costMicrocents !== 0n && { cost_microcents: Number(request.costMicrocents) }),
    ...(request.metadata && { metadata: request.metadata as JsonObject }),
    ...(request.requestId !== '' && { request_id: request.requestId }),
    ...(request.dryRun && { dry_run: true }),
  }
}

/** One grant by its id, or a holder's grants of a target: never both. */
export function revokeInputOf(request: RevokeEntitlementRequest): RevokeInput {
  const { grantId, holder, target } = request
  if (grantId !== '' && (holder || target)) throw invalidField('grant_id', 'alone')
  const what = grantId === '' ? { holder: holderOf(holder), target: targetOf(target) } : { grant_id: grantId }
  return {
    ...what,
    source: request.source === 'any' ? 'any' : sourceOf(request.source),
    reason: request.reason,
    ...(request.requestId !== '' && { request_id: request.requestId }),
    ...(request.dryRun && { dry_run: true }),
  }
}

export function listInputOf(request: ListGrantsRequest): ListInput {
  return {
    holder: holderOf(request.holder),
    include_ended: request.includeEnded,
    page_size: request.pageSize,
    ...(request.pageToken !== '' && { page_token: request.pageToken }),
  }
}

const sources: readonly string[] = grantSources

export function sourceOf(source: string): GrantSource {
  if (source === '') return 'admin'
  if (!sources.includes(source)) throw invalidField('source', 'string.in')
  return source as GrantSource
}
