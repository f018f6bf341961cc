import type { Grant } from '#core/grant.ts'
import type { Json } from '#core/json.ts'
import type { Caller } from '#core/tenant-view.ts'

export type HolderName =
  | { readonly kind: 'subject'; readonly id: string }
  | { readonly kind: 'organization'; readonly idOrKey: string }
  | { readonly kind: 'identity'; readonly issuer: string; readonly subject: string }

export type TargetName = { readonly kind: 'entitlement' | 'product' | 'plan'; readonly key: string }

/** A stored grant as the admin API shows it. Ids carry their prefix; times are milliseconds. */
export type ShownGrant = {
  readonly id: string
  readonly holder: { readonly kind: 'subject' | 'organization'; readonly id: string }
  readonly target: TargetName
  readonly effect: Grant['effect']
  readonly module?: string
  readonly scope_organization?: string
  readonly value?: Json
  readonly starts_at: number
  readonly ends_at?: number
  readonly source: string
  readonly source_ref: string
  readonly reason?: string
  readonly access: Grant['access']
  readonly revoked_at?: number
  readonly revoke_reason?: string
  readonly pool?: string
}

/** Who changes what: the tenant is resolved and the caller's role checked; the command checks the scope. */
export type Changer = { readonly caller: Caller; readonly tenant: string; readonly request_id?: string }

export type GrantOrder = {
  readonly holder: HolderName
  readonly target: TargetName
  readonly effect: Grant['effect']
  readonly module?: string
  readonly scope_organization?: string
  readonly value?: Json
  readonly starts_at?: number
  readonly ends_at?: number
  readonly source: string
  readonly source_ref: string
  readonly reason: string
  readonly access: Grant['access']
  readonly pool?: string
  readonly quantity?: number
}

export type RevokeOrder = {
  readonly what:
    | { readonly kind: 'grant'; readonly id: string }
    | { readonly kind: 'target'; readonly holder: HolderName; readonly target: TargetName }
  readonly source: string
  readonly reason: string
}

export type GrantQuery = {
  readonly holder: HolderName
  readonly include_ended: boolean
  readonly page_size: number
  readonly page_token: string
}

/** What the admin part offers for grants. `revision` is the token of the change. */
export type GrantCommands = {
  readonly grant: (
    changer: Changer,
    order: GrantOrder,
  ) => Promise<{ readonly grant: ShownGrant; readonly changed: boolean; readonly revision: string }>
  readonly revoke: (
    changer: Changer,
    order: RevokeOrder,
  ) => Promise<{ readonly revoked: readonly ShownGrant[]; readonly revision: string }>
  readonly list: (
    changer: Changer,
    query: GrantQuery,
  ) => Promise<{
    readonly grants: readonly ShownGrant[]
    readonly next_page_token: string
    readonly revision: string
  }>
}
