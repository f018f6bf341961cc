/** What something sold gives; a row of price_mappings. Exactly one of the three targets. */
export type Mapping = {
  readonly match: 'price' | 'product' | 'lookup_key' | 'feature'
  readonly external_id: string
  readonly plan_version_id?: string
  readonly product_id?: string
  readonly entitlement_id?: string
  /** The entitlement's key, for what a checkout's metadata names. */
  readonly entitlement_key?: string
  /** The plan of plan_version_id, and the group in which a trial is had once. */
  readonly plan_id?: string
  readonly trial_group?: string
  readonly module?: string
  /** Who alone can hold a right in the module; absent without one. */
  readonly holder?: 'subject' | 'organization'
  readonly quantity: 'ignored' | 'seats' | 'value' | 'follows_seats'
  /** The pool's key, where the quantity is about seats. */
  readonly pool?: string
}

/** What becomes of what was bought; a row of lifecycles. */
export type Lifecycle = {
  /** Absent: of everything that has none of its own. */
  readonly plan_id?: string
  readonly on_cancel: 'revoke' | 'downgrade' | 'read_only'
  /** A plan version's id. */
  readonly downgrade_to?: string
  readonly read_only_days?: number
  readonly on_pause: 'keep' | 'suspend'
  readonly on_partial_refund: 'keep' | 'revoke'
  readonly on_dispute: 'keep' | 'suspend'
}

/** All that the projection knows beside the customer's state. */
export type Rules = {
  readonly mappings: readonly Mapping[]
  readonly lifecycles: readonly Lifecycle[]
  /** Groups whose trial the holder had otherwise than by this customer's subscriptions. */
  readonly trials_had: readonly string[]
  /** Whether the holder is an organization: only these have seats. */
  readonly organization: boolean
}
