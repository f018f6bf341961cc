import type { Json } from './json.ts'

export type Effect = 'allow' | 'deny' | 'override'
export const grantSources = [
  'admin',
  'stripe',
  'promotion',
  'trial',
  'purchase',
  'contract',
  'backfill',
  'default',
] as const
export type GrantSource = (typeof grantSources)[number]

/** A stored grant as the snapshot gives it. Times are integer milliseconds since 1970. */
export type Grant = {
  readonly id: string
  /** Id of the entitlement, product or plan version given. */
  readonly target: string
  readonly effect: Effect
  readonly source: GrantSource
  readonly source_ref: string
  /** Key of the module it is limited to; absent for all. */
  readonly module?: string
  /** Id of the organization in which a subject's grant counts; absent for everywhere. */
  readonly scope?: string
  /** Id of the seat pool whose seat holders alone are reached. */
  readonly pool?: string
  readonly access: 'full' | 'read_only'
  readonly starts_at: number
  readonly ends_at?: number
  readonly revoked_at?: number
  /** Since when the payment behind it is overdue. */
  readonly past_due_at?: number
  readonly value?: Json
}
