import type { Json, JsonObject } from '#core/json.ts'
import type { Principal } from '#core/principal.ts'
import type { RevisionToken } from '#core/revision.ts'
import type { Caller, TenantView } from '#core/tenant-view.ts'
import type { Evidence, Fix, Obligation, Reason } from '#core/verdict.ts'

/** Who asks, through which door and verb, and about whom. The tenant of the question is the principal's. */
export type Asker = {
  readonly caller: Caller
  readonly principal: Principal
  readonly door?: string
  readonly verb?: string
  /** What a gateway asked about: "GET /apps/{app}". */
  readonly route?: string
  readonly trace_id?: string
}

export type ResourceKind = 'product' | 'content' | 'navigation'

export type QuestionContext = {
  /** Id or key. */
  readonly organization?: string
  readonly module?: string
  readonly attributes: JsonObject
}

export type Question = {
  /** An entitlement's key, or a surface where a resource is given. */
  readonly entitlement: string
  readonly resource?: { readonly kind: ResourceKind; readonly id: string }
  readonly context: QuestionContext
  /** Units asked for, at least 1. */
  readonly quantity: number
  readonly explain: boolean
}

export type Consistency =
  | { readonly kind: 'minimize_latency' }
  | { readonly kind: 'at_least'; readonly revision: RevisionToken }
  | { readonly kind: 'max_staleness'; readonly ms: number }
  | { readonly kind: 'fresh' }

export type ShownReason = Reason & { readonly text?: string }
export type ShownFix = Fix & { readonly text?: string }

export type Answer = {
  readonly allowed: boolean
  readonly reasons: readonly ShownReason[]
  readonly value?: Json
  readonly tier?: string
  /** ms */
  readonly expires_at?: number
  /** 0 when allowed. */
  readonly deny_as: number
  readonly fix: readonly ShownFix[]
  readonly obligations: readonly Obligation[]
  readonly data_revision: string
  readonly bundle_revision: string
  readonly snapshot_age_ms: number
  readonly stale: boolean
  readonly fallback?: 'open' | 'closed' | 'last_known'
  readonly decision_id: string
  /** "sub_…" */
  readonly subject_id?: string
  readonly evidence?: readonly Evidence[]
  /** The input document, for callers that may see it. Only with explain. */
  readonly input?: JsonObject
}

export type HeldEntitlement = {
  readonly key: string
  readonly kind: string
  readonly value?: Json
  readonly expires_at?: number
  readonly reasons: readonly ShownReason[]
}

export type EntitlementList = {
  readonly entitlements: readonly HeldEntitlement[]
  readonly tier?: string
  readonly subject_id?: string
  readonly data_revision: string
  readonly bundle_revision: string
}

export type FilteredResources = {
  readonly ids: readonly string[]
  readonly data_revision: string
  readonly bundle_revision: string
}

/** One applied change, or a sign of life without `change`. `revision` is the token to resume with. */
export type WatchEvent = {
  readonly revision: string
  readonly at: number
  readonly change?: { readonly subjects: readonly string[]; readonly tenant_wide: boolean }
}

/** A tenant as it was, and what the clock said then (ms). */
export type Past = { readonly view: TenantView; readonly at: number }
/** Answers about the past, with evidence. The asker's principal is as it was then. */
export type ExplainAt = (past: Past, asker: Asker, question: Question) => Answer

/** A request that stands at a gateway, as its client wrote it. */
export type GateQuestion = {
  readonly method: string
  readonly host: string
  /** Path and query. */
  readonly target: string
  /** Whether the gateway has seen a part of its body only. Default false. */
  readonly body_truncated?: boolean
}

export type GateAnswer = {
  readonly allowed: boolean
  /** PUBLIC, or the first reason of the answer that decided; else why no question was asked. */
  readonly code: string
  /** More about a refusal, for the log. */
  readonly detail?: string
  /** 0 when allowed. */
  readonly deny_as: number
  readonly route?: { readonly id: string; readonly pattern: string }
  /** The route's entitlements that the principal was found to have; of a denial the one it lacks. */
  readonly keys: readonly string[]
  /** That decided. Absent where the route asks for nothing, and where there is none. */
  readonly answer?: Answer
  readonly data_revision: string
  readonly bundle_revision: string
}

/** `tenant` is an id. Without an asker only public routes pass. */
export type Gate = (tenant: string, asker: Asker | undefined, question: GateQuestion) => GateAnswer

export type Check = (asker: Asker, question: Question) => Answer
/** Undefined: the demand holds already, no wait. Rejects with AppError NOT_FRESH_ENOUGH or REVISION_SUPERSEDED. */
export type AwaitFreshness = (
  tenant: string,
  consistency: Consistency,
  timeoutMs: number,
) => Promise<void> | undefined
export type ListEntitlements = (asker: Asker, context: QuestionContext) => Promise<EntitlementList>
export type FilterResources = (
  asker: Asker,
  kind: ResourceKind,
  ids: readonly string[],
  surface: string,
  context: QuestionContext,
) => Promise<FilteredResources>
export type Watch = (
  tenant: string,
  after: RevisionToken | undefined,
  signal: AbortSignal,
) => AsyncIterable<WatchEvent>

export type Verbs = {
  readonly check: Check
  readonly gate: Gate
  readonly explainAt: ExplainAt
  readonly awaitFreshness: AwaitFreshness
  readonly listEntitlements: ListEntitlements
  readonly filterResources: FilterResources
  readonly watch: Watch
}
