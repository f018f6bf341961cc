import { toJson } from '@bufbuild/protobuf'
import { ValueSchema } from '@bufbuild/protobuf/wkt'
import type { Grant } from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { type GrantReason, type GrantType, reasonSources } from './grant-types.ts'
import { isoOf } from './iso.ts'

/** What is kept of a request beside what the grant itself says, under keys of the grant's metadata. */
export const kept = ['entitlement_type', 'grant_reason', 'subscription_id', 'consumption_type'] as const

/** A grant as S004-25 names its fields. One that came another way gets the type and reason that fit it best. */
export function grantDocument(grant: Grant, now: number) {
  const metadata = (grant.metadata ?? {}) as Readonly<Record<string, unknown>>
  const value = grant.value && toJson(ValueSchema, grant.value)
  const own = (key: (typeof kept)[number]) => (typeof metadata[key] === 'string' ? metadata[key] : null)
  const target = grant.target?.target
  const type = own('entitlement_type') ?? typeBy(grant)
  const holder = grant.holder?.holder
  const starts = isoOf(grant.startsAt)
  const ends = isoOf(grant.endsAt)
  const live = (starts === null || Date.parse(starts) <= now) && (ends === null || Date.parse(ends) > now)
  return {
    id: grant.id,
    user_id: holder?.case === 'subject' ? holder.value : null,
    organization_id: holder?.case === 'organization' ? holder.value : null,
    entitlement_type: type,
    grant_reason: own('grant_reason') ?? reasonBy(grant),
    subscription_id: own('subscription_id'),
    product_id: target?.case === 'product' ? target.value : null,
    tier_id: target?.case === 'plan' ? target.value : null,
    credit_type: target?.case === 'entitlement' && type === 'CREDIT_GRANT' ? target.value : null,
    entitlement: target?.case === 'entitlement' ? target.value : null,
    quantity: typeof value === 'number' ? value : null,
    granted_at: starts,
    expires_at: ends,
    reference_id: grant.sourceRef || null,
    consumption_type: own('consumption_type'),
    cost_microcents: grant.costMicrocents === 0n ? null : Number(grant.costMicrocents),
    notes: grant.reason || null,
    metadata: Object.fromEntries(
      Object.entries(metadata).filter(([key]) => !kept.some((one) => one === key)),
    ),
    source: grant.source,
    granted_by: grant.grantedBy || null,
    is_active: grant.revokedAt === undefined && live,
    revoked_at: isoOf(grant.revokedAt),
    revoke_reason: grant.revokeReason || null,
  }
}

export type GrantDocument = ReturnType<typeof grantDocument>

function typeBy({ target, source, endsAt, value }: Grant): GrantType {
  if (target?.target.case === 'plan') return source === 'stripe' ? 'SUBSCRIPTION' : 'TIER_ACCESS'
  if (target?.target.case === 'product') return 'PRODUCT_ACCESS'
  if (value?.kind.case === 'numberValue') return 'USAGE_ALLOWANCE'
  return endsAt === undefined ? 'FEATURE_UNLOCK' : 'TEMPORARY_ACCESS'
}

function reasonBy({ source }: Grant): GrantReason {
  if (source === 'stripe') return 'subscription'
  const reasons = Object.keys(reasonSources) as GrantReason[]
  return reasons.find((reason) => reasonSources[reason] === source) ?? 'manual'
}
