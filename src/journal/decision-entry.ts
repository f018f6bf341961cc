/** One decision as the journal keeps it: with the input document and the bundle, it can be replayed. */
export type DecisionEntry = {
  readonly decision_id: string
  /** ms. */
  readonly at: number
  readonly tenant: string
  /** The caller's id. */
  readonly caller: string
  /** The principal's shown id. */
  readonly principal: string
  /** What was asked, in words: the entitlement or "product:<key>". */
  readonly question: string
  /** Of a denial: how the audit names it (see denial-kind.ts). */
  readonly kind?: string
  /** The input document, as an object or as the text that WASM got. Only mapped claims are in it. */
  readonly input: unknown
  readonly result: DecisionResult
  readonly data_revision: string
  readonly bundle_revision: string
  readonly door: string
  readonly verb: string
  /** What a gateway asked about: "GET /apps/{app}". */
  readonly route?: string
  readonly duration_us?: number
  readonly trace_id?: string
  /** What else a gateway's request needed to be asked: of one request, only this entry's result was given. */
  readonly parts?: readonly DecisionPart[]
}

export type DecisionPart = Pick<DecisionEntry, 'decision_id' | 'question' | 'input' | 'result'>

export type DecisionResult = {
  readonly allowed: boolean
  readonly reasons: readonly { readonly code: string; readonly params?: unknown }[]
  readonly value?: unknown
  /** Set where a fail mode decided and not the rules. */
  readonly fallback?: string
}
