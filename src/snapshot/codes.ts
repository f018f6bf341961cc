import type { Effect, GrantSource } from '#core/grant.ts'
import type { Membership } from '#core/tenant-view.ts'

// Places in these lists are what records hold: append only.
export const effects = ['allow', 'deny', 'override'] as const satisfies readonly Effect[]
export const accesses = ['full', 'read_only'] as const
export const sources = [
  'admin',
  'stripe',
  'promotion',
  'trial',
  'purchase',
  'contract',
  'backfill',
  'default',
] as const satisfies readonly GrantSource[]
export const memberRoles = [
  'member',
  'admin',
  'owner',
  'delegate',
] as const satisfies readonly Membership['role'][]
