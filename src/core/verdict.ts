import type { DenyAs } from './entitlement.ts'
import type { Json, JsonObject } from './json.ts'

export type Reason = { readonly code: string; readonly params: JsonObject }
export type Fix = { readonly action: string; readonly params: JsonObject }
export type Obligation = { readonly id: string; readonly params: JsonObject }
export type Evidence = {
  readonly rule: string
  readonly kind: 'allow' | 'miss' | 'guard'
  readonly holds: boolean
  readonly code: string
  readonly params: JsonObject
}

/** What the policy's entrypoint answers: the result of data.vouchsafe.decision.verdict. */
export type Verdict = {
  /** Echo of input.question_id: anything else means WASM did not see this input. */
  readonly question_id: string
  readonly allowed: boolean
  /** The first is the main one. Allowed: the rule that gave it. Denied: guards and denies first, then misses. */
  readonly reasons: readonly Reason[]
  /** Merged by `combine`; "unlimited" dominates. Absent where there is none. */
  readonly value?: Json
  /** Milliseconds. */
  readonly expires_at?: number
  /** Absent: the definition's own. */
  readonly deny_as?: DenyAs
  readonly fix: readonly Fix[]
  readonly obligations: readonly Obligation[]
  /** Only with input.explain. */
  readonly evidence?: readonly Evidence[]
}

/** Turns an input document into a verdict. Never throws: what goes wrong is a denial with its reason. */
export type Evaluate = (inputText: string, questionId: string) => Verdict

/** What `decide` captures once per request. */
export type ActiveBundle = {
  readonly revision: string
  readonly evaluate: Evaluate
  /** Reason or fix code → title and text with {param} placeholders. */
  readonly texts: ReadonlyMap<string, { readonly title: string; readonly text: string }>
}
