import type { Effect, GrantSource } from '#core/grant.ts'
import type { Json, JsonObject } from '#core/json.ts'
import type { Preview } from '#core/preview.ts'
import type { RevisionToken } from '#core/revision.ts'
import type { Sql, Tx } from '#postgres/pool.ts'
import type { Answered } from './idempotent.ts'
import type { PoolShrink } from './pool-shrink.ts'

export type Needs = {
  readonly sql: Sql
  /** ms. Default: this machine's clock. */
  readonly now?: () => number
  /** Told of each commit, before anybody else. */
  readonly committed?: (revision: RevisionToken) => void
  /** Does a write of the tenant, takes it back, and says what it would have changed. */
  readonly rehearse?: <T>(tenant: string, work: (tx: Tx) => Promise<T>) => Promise<Answered<T>>
}

/** On whose behalf, in which tenant. */
export type By = {
  /** The tenant's id. */
  readonly tenant: string
  /** Kept in the audit: a caller's id. */
  readonly actor: string
  /** What led to it, such as a trace's id. */
  readonly cause?: string
  /** The subject's id of a delegate, who reaches only what was delegated. Absent: the whole tenant. */
  readonly delegate?: string
}

/** Ids are accepted with and without their prefix, and given with it ("sub_<uuid>"). */
export type HolderRef =
  | { readonly subject: string }
  /** An id or a key. */
  | { readonly organization: string }
  | { readonly identity: { readonly issuer: string; readonly subject: string } }

/** By key; a plan as "key" (its newest published version) or "key@n". */
export type TargetRef =
  | { readonly entitlement: string }
  | { readonly product: string }
  | { readonly plan: string }

export type Access = 'full' | 'read_only'

/** A grant as it stands. Times in ms; what is unset is absent. */
export type GrantRecord = {
  readonly id: string
  readonly holder: { readonly subject: string } | { readonly organization: string }
  /** A plan always with its version: "key@n". */
  readonly target: TargetRef
  readonly effect: Effect
  readonly module?: string
  readonly scope_organization?: string
  readonly value?: Json
  readonly starts_at: number
  readonly ends_at?: number
  readonly source: GrantSource
  readonly source_ref: string
  readonly reason: string
  readonly access: Access
  readonly granted_at: number
  readonly granted_by?: string
  readonly revoked_at?: number
  readonly revoked_by?: string
  readonly revoke_reason?: string
  /** The seat pool's key. */
  readonly pool?: string
  readonly quantity?: number
  readonly past_due_at?: number
  /** Millionths of a cent. */
  readonly cost_microcents?: number
  readonly metadata?: JsonObject
  readonly etag: string
}

export type GrantInput = {
  readonly holder: HolderRef
  readonly target: TargetRef
  /** Default allow. */
  readonly effect?: Effect
  readonly module?: string
  readonly scope_organization?: string
  /** Never negative; "unlimited" is allowed. */
  readonly value?: Json
  /** ms. Default now. */
  readonly starts_at?: number
  /** ms. Default for ever. */
  readonly ends_at?: number
  /** Default admin. */
  readonly source?: GrantSource
  readonly source_ref?: string
  readonly reason?: string
  readonly access?: Access
  readonly pool?: string
  /** Seats; only with a pool. Absent: as many as there are. */
  readonly quantity?: number
  /** Millionths of a cent. */
  readonly cost_microcents?: number
  /** At most 8 KiB of JSON. */
  readonly metadata?: JsonObject
  readonly request_id?: string
  /** Changes nothing and says who would gain and lose. */
  readonly dry_run?: boolean
}

export type GrantAnswer = {
  readonly grant: GrantRecord
  readonly changed: boolean
  /** Pools that have fewer seats now. */
  readonly shrunk: readonly PoolShrink[]
  readonly revision: RevisionToken
  readonly preview?: Preview
}

/** By grant_id; or by holder and target. */
export type RevokeInput = {
  readonly grant_id?: string
  readonly holder?: HolderRef
  readonly target?: TargetRef
  /** Only grants of this source, or of any. Default admin. */
  readonly source?: GrantSource | 'any'
  readonly reason?: string
  readonly request_id?: string
  /** Changes nothing and says who would gain and lose. */
  readonly dry_run?: boolean
}

export type RevokeAnswer = {
  /** A Stripe-sourced one is not ended (only Stripe does that) but withheld by a deny row of the admin's. */
  readonly revoked: readonly GrantRecord[]
  readonly changed: boolean
  /** Pools that have fewer seats now. */
  readonly shrunk: readonly PoolShrink[]
  readonly revision: RevisionToken
  readonly preview?: Preview
}

export type ListInput = {
  readonly holder: HolderRef
  readonly include_ended?: boolean
  /** Default 50, at most 1000. */
  readonly page_size?: number
  readonly page_token?: string
}

export type ListAnswer = {
  readonly grants: readonly GrantRecord[]
  /** Empty at the end. */
  readonly next_page_token: string
  readonly revision: RevisionToken
}
