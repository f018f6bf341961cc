/** unavailable: no answer, or none that can be believed. limited: too much was asked. missing: it is not there. */
export type StripeFailureKind = 'unavailable' | 'limited' | 'refused' | 'missing'

/** Why Stripe did not answer a request. Its message is for operators: Stripe's codes, never its texts or a secret. */
export class StripeFailure extends Error {
  override readonly name = 'StripeFailure'
  readonly kind: StripeFailureKind
  /** How long Stripe, or our own caution, asks to wait. */
  readonly retryAfterMs?: number
  /** It is about the API key, and says nothing of what was asked for. */
  readonly ofKey: boolean

  constructor(kind: StripeFailureKind, message: string, retryAfterMs?: number, ofKey = false) {
    super(message)
    this.kind = kind
    this.ofKey = ofKey
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs
  }
}
