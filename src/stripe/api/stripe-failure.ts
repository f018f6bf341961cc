/** unavailable: no answer, or none that can be believed. limited: too much was asked. missing: it is not there. */
export type StripeFailureKind = 'unavailable' | 'limited' | 'refused' | 'missing'

/** Why Stripe did not answer a request. Its message is for operators: Stripe's codes, never its texts or a secret. */
export class StripeFailure extends Error {
  override readonly name = 'StripeFailure'
  readonly kind: StripeFailureKind
  /** How long Stripe, or our own caution, asks to wait. */
  readonly retryAfterMs?: number

  constructor(kind: StripeFailureKind, message: string, retryAfterMs?: number) {
    super(message)
    this.kind = kind
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs
  }
}
