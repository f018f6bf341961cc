import type { DenyAs, EntitlementDefinition } from './entitlement.ts'
import type { Json } from './json.ts'

export type Module = {
  readonly key: string
  readonly provisioning: 'org_hierarchy' | 'direct_user' | 'delegated_admin'
  /** Key of the entitlement that makes a principal a member; absent: any authenticated principal is. */
  readonly member_entitlement?: string
  /** IANA time zone for `input.time`. */
  readonly zone: string
}

export type Surface = { readonly open?: boolean; readonly deny_as?: DenyAs }

export type Product = {
  readonly id: string
  readonly key: string
  readonly name: string
  readonly requires_entitlement: boolean
  readonly active: boolean
  /** Exceptions by surface ("download"). */
  readonly surfaces: ReadonlyMap<string, Surface>
}

export type Plan = {
  readonly id: string
  readonly key: string
  readonly kind: 'base' | 'addon' | 'tier'
  /** Order among tiers; higher is more. 0 for plans of other kinds. */
  readonly rank: number
  /** Id of the newest published version, if any. */
  readonly current?: string
}

/** How one target (an entitlement, a product or a plan version) gives what is asked. */
export type Giving = {
  readonly value?: Json
  /** The plan's key, where the target is a plan version. */
  readonly plan?: string
  readonly kind: 'entitlement' | 'product' | 'plan'
}

/** A content item or navigation entry and the entitlement it needs. */
export type Resource = {
  readonly kind: 'content' | 'navigation'
  readonly key: string
  readonly entitlement?: string
}

export type Issuer = {
  readonly id: string
  readonly tenant: string
  readonly iss: string
  readonly kind: 'keycloak' | 'cognito' | 'generic'
  readonly audience_from: 'aud' | 'client_id' | 'azp'
  readonly audiences: readonly string[]
  readonly algorithms: readonly string[]
  /** Where its keys are; exactly one of the two. */
  readonly jwks_uri?: string
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] }
  readonly token_use?: string
  readonly typ?: string
  /** Whether claims count, the database counts, or both. */
  readonly authority: 'claims' | 'database' | 'both'
  readonly claim_map: ClaimMap
  readonly tolerance_seconds: number
}

/** Which claims go further, as paths ("realm_access.roles"). Nothing else of a token does. */
export type ClaimMap = {
  readonly tier?: string
  readonly roles?: readonly string[]
  readonly entitlements?: string
  /** Attribute name → claim path. */
  readonly attributes?: Readonly<Record<string, string>>
  /** Role in the token → role for the policy, such as {"learn_admin": "admin"}. Others keep their name. */
  readonly role_names?: Readonly<Record<string, string>>
  /** Role in the token → entitlement key it stands for, such as {"learn_member": "learn_member"}. */
  readonly role_entitlements?: Readonly<Record<string, string>>
  /** Role in the token → plan whose newest version it gives, such as {"learn_member": "learn_member"}. */
  readonly role_plans?: Readonly<Record<string, string>>
  /** Tier label in the token → tier plan's key, where they differ. */
  readonly tier_names?: Readonly<Record<string, string>>
}

/** The small, immutable part of a tenant: replaced whole when any of it changes. */
export type Catalogue = {
  readonly tenant: {
    readonly id: string
    readonly key: string
    readonly grace_days: number
    readonly default_module?: string
    readonly default_tier?: string
    readonly active: boolean
  }
  readonly modules: ReadonlyMap<string, Module>
  /** By key, families such as `docs_paid*` resolved. */
  readonly entitlements: ReadonlyMap<string, EntitlementDefinition>
  readonly products: ReadonlyMap<string, Product>
  readonly plans: ReadonlyMap<string, Plan>
  /** Plan version id → its plan. */
  readonly plan_versions: ReadonlyMap<string, Plan>
  /** "key" of an entitlement or "product:<key>" → target id → how it gives it. A plan version, an entitlement or a product. */
  readonly givers: ReadonlyMap<string, ReadonlyMap<string, Giving>>
  /** "content:<key>" or "navigation:<key>". */
  readonly resources: ReadonlyMap<string, Resource>
  readonly issuers: readonly Issuer[]
}
