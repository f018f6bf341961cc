import type { Json } from '#core/json.ts'

/** A right that a customer should have now or later by what it bought: what a row of grants should say. */
export type WantedGrant = {
  /** Exactly one of the three. */
  readonly plan_version_id?: string
  readonly product_id?: string
  readonly entitlement_id?: string
  readonly module?: string
  /** A seat pool's key; made in the organization where there is none. */
  readonly pool?: string
  /** Seats; only with a pool, and there absent for any number. */
  readonly quantity?: number
  readonly value?: Json
  readonly access: 'full' | 'read_only'
  /** "purchase": paid once. */
  readonly source: 'stripe' | 'purchase'
  /** What at Stripe it comes from: an item ("si_…"), a checkout ("cs_…"), a schedule's phase, a feature. */
  readonly source_ref: string
  /**
   * Not before; absent: when it is seen. A right that came back, or took another's place, begins when it is seen, for
   * Stripe does not say since when. ms.
   */
  readonly starts_at?: number
  /** ms. */
  readonly ends_at?: number
  /** ms. */
  readonly past_due_at?: number
  /** It is a trial: the holder has no other one of this group. */
  readonly trial_group?: string
  /** In words, for the audit: "subscription sub_1 is active". */
  readonly reason: string
}

export const alertCodes = [
  'PRICE_UNMAPPED',
  'STATUS_UNKNOWN',
  'TRIAL_REPEATED',
  'ENTITLEMENT_NOT_MAPPED',
  'SEATS_NEED_ORGANIZATION',
  // The mapping's module gives rights to people and the holder is an organization, or the other way round.
  'HOLDER_UNFIT',
  // What is paid once in the checkout of a subscription is on its invoice, whose refunds are not followed.
  'ONCE_IN_SUBSCRIPTION',
  // Another item's number follows the seats of the same pool already: this one's stays as it is.
  'POOL_FOLLOWED_TWICE',
  'BINDING_CONFLICT',
] as const

/** Something that was sold and gives no right, or less than somebody may expect. */
export type Alert = {
  readonly code: (typeof alertCodes)[number]
  /** What it is about: a price, a subscription, a checkout. */
  readonly about: string
}

export type Projection = { readonly grants: readonly WantedGrant[]; readonly alerts: readonly Alert[] }
