/** A Stripe account of a tenant, in test or in live mode; a row of stripe_accounts. */
export type StripeAccount = {
  /** The tenant's id. */
  readonly tenant: string
  readonly id: string
  /** The end of its webhook's path. */
  readonly key: string
  /** "acct_…"; absent where it is not known. */
  readonly account?: string
  readonly livemode: boolean
  /** Where its secrets are: "env:NAME" or "file:/path". */
  readonly api_key: string
  readonly webhook_secrets: readonly string[]
  readonly reference_issuer?: string
  readonly metadata_key?: string
  readonly active: boolean
}
