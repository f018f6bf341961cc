import type { Stripe } from 'stripe'
import type { StripeAccount } from '#stripe/account.ts'
import type { Gate } from './gate.ts'

/** What the parts of the API work with. */
export type Connection = {
  readonly account: StripeAccount
  readonly gate: Gate
  readonly stripe: Stripe
}
