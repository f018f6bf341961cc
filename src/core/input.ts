import type { Module } from './catalogue.ts'
import type { AttributeRule } from './entitlement.ts'
import type { Json, JsonObject } from './json.ts'

/**
 * The document a policy sees as `input`: a published, versioned contract (policies/schema/input.json).
 * Optional keys are absent, never null: null sorts below every number in Rego. Times are integer milliseconds.
 */
export type InputDocument = {
  readonly version: 1
  readonly question_id: string
  readonly tenant: { readonly id: string; readonly key: string; readonly grace_days: number }
  readonly now: number
  /** In the module's zone; weekday 1 (Monday) … 7; date "2026-11-21". */
  readonly time: { readonly hour: number; readonly weekday: number; readonly date: string }
  readonly explain?: true
  readonly principal: {
    readonly id: string
    readonly kind: 'user' | 'service'
    readonly claims: { readonly attributes: JsonObject; readonly entitlements: readonly string[] }
    readonly roles: readonly string[]
    readonly tier?: { readonly key: string; readonly rank: number }
    readonly organizations: readonly {
      readonly id: string
      readonly role: string
      readonly path: readonly string[]
    }[]
  }
  /** What the records in `grants` must give to count: an entitlement's key, or "product:<key>". */
  readonly target: string
  readonly entitlement: {
    readonly key: string
    readonly kind: string
    readonly combine: string
    readonly deny_as: number
    readonly requires: readonly string[]
    readonly requires_facts: readonly string[]
    readonly attributes: Readonly<Record<string, AttributeRule>>
    readonly experiment?: { readonly key: string; readonly variants: readonly string[] }
    /** Plans whose current version gives the target, lowest rank first: what could be bought. */
    readonly offered_by: readonly { readonly plan: string; readonly kind: string; readonly rank: number }[]
  }
  readonly product?: {
    readonly key: string
    readonly requires_entitlement: boolean
    readonly surface: string
    readonly open: boolean
  }
  readonly module?: Module
  readonly context: {
    readonly organization?: { readonly id: string; readonly path: readonly string[] }
    readonly module?: string
    readonly attributes: JsonObject
  }
  readonly quantity: number
  readonly grants: readonly InputGrant[]
  readonly facts: Readonly<Record<string, Json>>
  /** Experiment key → assigned variant. */
  readonly experiment: Readonly<Record<string, string>>
  readonly revocation: { readonly tokens_not_before?: number; readonly token_issued_at?: number }
  readonly snapshot: { readonly age_ms: number; readonly revision: number }
}

/** One record of evidence. Only those that give the target, the membership key or a required key are passed. */
export type InputGrant = {
  readonly id: string
  /** The key it gives: compare with `input.target`, the membership key, or a required key. */
  readonly gives: string
  readonly effect: 'allow' | 'deny' | 'override'
  /** A GrantSource; "claim" for the token's entitlement list; "tier" for the tier plan's current version. */
  readonly source: string
  readonly source_ref: string
  readonly plan?: string
  /** Set where the plan is a tier. */
  readonly tier?: { readonly key: string; readonly rank: number }
  readonly access: 'full' | 'read_only'
  readonly starts_at: number
  readonly ends_at?: number
  readonly revoked_at?: number
  readonly past_due_at?: number
  readonly value?: Json
  /**
   * How it reaches the principal: "self"; "organization" (a member); "seat" (holds one);
   * "suspended_seat" (holds one that does not count while the pool has fewer than it has holders);
   * "no_seat" (member, but the pool gives them none); "no_context" (would reach, had the question named the organization).
   */
  readonly through: 'self' | 'organization' | 'seat' | 'suspended_seat' | 'no_seat' | 'no_context'
  readonly organization?: string
  readonly pool?: string
  /** When the clock alone changes whether the seat counts. */
  readonly seat_until?: number
}
