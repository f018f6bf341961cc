import { create } from '@bufbuild/protobuf'
import {
  Effect,
  type Grant,
  GrantSchema,
  type Holder,
  HolderSchema,
  type Target,
  TargetSchema,
} from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import type { GrantOrder, HolderName, ShownGrant, TargetName } from './grant-commands.ts'
import { invalidField } from './invalid-field.ts'
import { timestampOf, wireValueOf } from './wire-values.ts'

export function holderOf(holder: Holder | undefined): HolderName {
  const said = holder?.holder
  switch (said?.case) {
    case 'subject':
      return { kind: 'subject', id: said.value }
    case 'organization':
      return { kind: 'organization', idOrKey: said.value }
    case 'identity':
      return { kind: 'identity', issuer: said.value.issuer, subject: said.value.subject }
    default:
      throw invalidField('holder', 'required')
  }
}

export function targetOf(target: Target | undefined): TargetName {
  const said = target?.target
  if (said?.case === undefined) throw invalidField('target', 'required')
  return { kind: said.case, key: said.value }
}

export function effectOf(effect: Effect): GrantOrder['effect'] {
  if (effect === Effect.DENY) return 'deny'
  return effect === Effect.OVERRIDE ? 'override' : 'allow'
}

const effects = { allow: Effect.ALLOW, deny: Effect.DENY, override: Effect.OVERRIDE } as const

export function grantMessageOf(grant: ShownGrant): Grant {
  const { holder, target } = grant
  return create(GrantSchema, {
    id: grant.id,
    holder: create(HolderSchema, { holder: { case: holder.kind, value: holder.id } }),
    target: create(TargetSchema, { target: { case: target.kind, value: target.key } }),
    effect: effects[grant.effect],
    module: grant.module ?? '',
    scopeOrganization: grant.scope_organization ?? '',
    ...(grant.value !== undefined && { value: wireValueOf(grant.value) }),
    startsAt: timestampOf(grant.starts_at),
    ...(grant.ends_at !== undefined && { endsAt: timestampOf(grant.ends_at) }),
    source: grant.source,
    sourceRef: grant.source_ref,
    reason: grant.reason ?? '',
    access: grant.access,
    ...(grant.revoked_at !== undefined && { revokedAt: timestampOf(grant.revoked_at) }),
    revokeReason: grant.revoke_reason ?? '',
    pool: grant.pool ?? '',
  })
}
