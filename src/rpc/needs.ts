import type { Principal } from '#core/principal.ts'
import type { Caller, TenantView } from '#core/tenant-view.ts'
import type { Verbs } from '#decide/verbs.ts'
import type { NamedPrincipal } from '#identity/principal.ts'
import type { TenantClues } from '#identity/question-tenant.ts'
import type { Tracing } from '#observe/tracing.ts'
import type { Admin } from './admin/admin.ts'
import type { Credentials } from './call.ts'
import type { ReadDenials } from './denials.ts'
import type { ReadPast } from './explain-past.ts'
import type { FailureNeeds } from './failure.ts'
import type { GrantCommands } from './grant-commands.ts'
import type { Maybe } from './maybe.ts'
import type { Stripe } from './stripe.ts'

export type Bearer = {
  /** The tenant's id. */
  readonly tenant: string
  readonly identity: { readonly issuer: string; readonly subject: string }
}

/** A gateway's request that no decision was made about. There is no field for a token. */
export type RefusedRequest = {
  readonly reason: string
  readonly door: string
  /** The route's pattern, where one fits. */
  readonly route: string
  readonly tenant: string
  readonly caller: string
  readonly decision_id: string
  /** More about the reason; nothing of what the client sent. */
  readonly detail?: string
  readonly principal?: string
  readonly trace_id?: string
}

/** Everything the doors are given. They build none of it. */
export type RpcNeeds = FailureNeeds & {
  readonly verbs: Verbs
  readonly grants: GrantCommands
  readonly admin: Admin
  readonly stripe: Stripe
  /** A tenant as it was. Rejects with AppError NOT_FOUND, TENANT_MISMATCH, REVISION_SUPERSEDED or LIMIT_EXCEEDED. */
  readonly past: ReadPast
  /** The bundle in force on this server at a moment (ms), where that is known. */
  readonly bundleAt: (at: number) => string | undefined
  readonly denials: ReadDenials
  /** Who calls; a promise only for a token not seen before. Throws (or rejects with) AppError CALLER_UNAUTHENTICATED. */
  readonly authenticate: (credentials: Credentials) => Maybe<Caller>
  /** Whom a token is about, verified. Throws (or rejects with) AppError TOKEN_REFUSED or TENANT_MISMATCH. */
  readonly principalOfToken: (token: string, caller: Caller) => Maybe<Principal>
  /** The person whose token it is, as its identity provider names them. Fails as above, also where it was taken back. */
  readonly bearerOfToken: (token: string, caller: Caller) => Maybe<Bearer>
  /** Whom a name is about. Throws AppError NOT_FOUND or INVALID_FIELD. */
  readonly principalOfName: (name: NamedPrincipal, view: TenantView) => Principal
  /** The tenant of a question. Throws AppError TENANT_MISMATCH or INVALID_FIELD. */
  readonly tenantOf: (caller: Caller, clues: TenantClues) => TenantView
  /** Keeps a request that was refused before any decision, for security monitoring. Never throws, never waits. */
  readonly security: (event: RefusedRequest) => void
  /** This machine's clock, in which deadlines are given. Epoch milliseconds. */
  readonly now: () => number
  /** The time by which rights begin and end. Epoch milliseconds. */
  readonly decisionNow: () => number
  readonly metrics: {
    readonly request: (door: string, verb: string, code: string) => void
    readonly decided: (door: string, verb: string, seconds: number) => void
  }
  readonly tracing: Tracing
}
