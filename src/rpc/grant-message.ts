import { create } from '@bufbuild/protobuf'
import type { GrantRecord, HolderRef, TargetRef } from '#admin/grant-types.ts'
import {
  Effect,
  type Grant,
  GrantSchema,
  type Holder,
  HolderSchema,
  type Target,
  TargetSchema,
} from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { invalidField } from './invalid-field.ts'
import { structOf, timestampOf, wireValueOf } from './wire-values.ts'

export function holderOf(holder: Holder | undefined): HolderRef {
  const said = holder?.holder
  switch (said?.case) {
    case 'subject':
      return { subject: said.value }
    case 'organization':
      return { organization: said.value }
    case 'identity':
      return { identity: { issuer: said.value.issuer, subject: said.value.subject } }
    default:
      throw invalidField('holder', 'required')
  }
}

export function targetOf(target: Target | undefined): TargetRef {
  const said = target?.target
  switch (said?.case) {
    case 'entitlement':
      return { entitlement: said.value }
    case 'product':
      return { product: said.value }
    case 'plan':
      return { plan: said.value }
    default:
      throw invalidField('target', 'required')
  }
}

const effects = { allow: Effect.ALLOW, deny: Effect.DENY, override: Effect.OVERRIDE } as const

export function effectOf(effect: Effect): keyof typeof effects {
  if (effect === Effect.DENY) return 'deny'
  return effect === Effect.OVERRIDE ? 'override' : 'allow'
}

export function grantMessageOf(grant: GrantRecord): Grant {
  return create(GrantSchema, {
    id: grant.id,
    holder: holderMessageOf(grant),
    target: targetMessageOf(grant.target),
    effect: effects[grant.effect],
    module: grant.module ?? '',
    scopeOrganization: grant.scope_organization ?? '',
    ...(grant.value !== undefined && { value: wireValueOf(grant.value) }),
    startsAt: timestampOf(grant.starts_at),
    ...(grant.ends_at !== undefined && { endsAt: timestampOf(grant.ends_at) }),
    source: grant.source,
    sourceRef: grant.source_ref,
    reason: grant.reason,
    access: grant.access,
    ...(grant.revoked_at !== undefined && { revokedAt: timestampOf(grant.revoked_at) }),
    revokeReason: grant.revoke_reason ?? '',
    pool: grant.pool ?? '',
    ...(grant.quantity !== undefined && { quantity: grant.quantity }),
    costMicrocents: BigInt(grant.cost_microcents ?? 0),
    ...(grant.metadata && { metadata: structOf(grant.metadata) }),
    grantedAt: timestampOf(grant.granted_at),
    grantedBy: grant.granted_by ?? '',
    revokedBy: grant.revoked_by ?? '',
    ...(grant.past_due_at !== undefined && { pastDueAt: timestampOf(grant.past_due_at) }),
    etag: grant.etag,
  })
}

function holderMessageOf({ holder }: GrantRecord): Holder {
  return 'subject' in holder
    ? create(HolderSchema, { holder: { case: 'subject', value: holder.subject } })
    : create(HolderSchema, { holder: { case: 'organization', value: holder.organization } })
}

function targetMessageOf(target: TargetRef): Target {
  if ('plan' in target) return create(TargetSchema, { target: { case: 'plan', value: target.plan } })
  if ('product' in target) return create(TargetSchema, { target: { case: 'product', value: target.product } })
  return create(TargetSchema, { target: { case: 'entitlement', value: target.entitlement } })
}
