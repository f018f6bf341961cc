/**
 * A customer of Stripe, or a checkout without one, as it is there now: what fetching gives, what is kept, and all that the
 * projection reads. Times are epoch milliseconds. Ids and statuses are Stripe's own texts. What is absent is unset there.
 */
export type CustomerState = {
  /** "cus_…"; of a checkout without a customer "cs_…". */
  readonly customer: string
  /** Deleted there: nothing of it counts any more. */
  readonly deleted: boolean
  readonly subscriptions: readonly Subscription[]
  readonly schedules: readonly Schedule[]
  /** Completed checkouts, also those of subscriptions. */
  readonly checkouts: readonly Checkout[]
  /** Paid ones that are neither a subscription's nor a checkout's. */
  readonly invoices: readonly Invoice[]
  /** Lookup keys of Stripe's active entitlements; asked for only where a mapping names a feature. */
  readonly features: readonly string[]
  /** Which product sells which of them; absent where that makes no difference. */
  readonly offers?: readonly Offer[]
}

export type Offer = {
  /** "prod_…" */
  readonly product: string
  /** Lookup keys. */
  readonly features: readonly string[]
}

/** What a mapping is looked up by. */
export type Sold = {
  readonly price: string
  /** "prod_…" */
  readonly product: string
  readonly lookup_key?: string
  /** Lookup keys that the price had when this customer was fetched before. Fetching does not tell them. */
  readonly former_keys?: readonly string[]
  /** Absent: Stripe names none (metered prices). */
  readonly quantity?: number
}

export type Item = Sold & {
  /** "si_…" */
  readonly id: string
  readonly created: number
  readonly period_end?: number
}

export type Subscription = {
  /** "sub_…" */
  readonly id: string
  readonly status: string
  readonly created: number
  readonly started: number
  readonly items: readonly Item[]
  readonly trial_start?: number
  readonly trial_end?: number
  readonly cancel_at?: number
  readonly cancel_at_period_end: boolean
  readonly ended_at?: number
  /** Its collection is paused, whatever its status. */
  readonly paused: boolean
  /** Since when its oldest invoice that is open or written off waits to be paid; set where the status is past_due. */
  readonly unpaid_since?: number
  /** It had a trial, and nothing was ever paid for it; told where it is past due, or has ended and is not the only trial. */
  readonly never_paid?: true
  /**
   * A payment for it is disputed; or was lost so, and none came after it. Only of one that stands: what is over has nothing
   * that could be withheld.
   */
  readonly disputed?: 'open' | 'lost'
  /** What the checkout's metadata named under the account's metadata_key. */
  readonly named?: string
}

export type Schedule = {
  /** "sub_sched_…" */
  readonly id: string
  readonly status: string
  /** Absent until its first phase has begun. */
  readonly subscription?: string
  /** When the phase that runs ends; absent while none runs. */
  readonly current_end?: number
  readonly phases: readonly Phase[]
}

export type Phase = {
  readonly starts_at: number
  readonly ends_at: number
  readonly items: readonly Sold[]
}

export type Checkout = {
  /** "cs_…" */
  readonly id: string
  readonly mode: string
  readonly created: number
  /** Paid, or nothing to pay. Until then nothing is given. */
  readonly paid: boolean
  /** Whom it is for: client_reference_id. */
  readonly reference?: string
  /** The subscription it made. */
  readonly subscription?: string
  /** The invoice that it made of what is paid once. */
  readonly invoice?: string
  /** What its metadata names under the account's metadata_key. */
  readonly named?: string
  /** Of mode payment; of mode subscription only what is paid once. */
  readonly lines: readonly Sold[]
} & MoneyBack

/** What was billed once, and is paid. */
export type Invoice = {
  /** "in_…" */
  readonly id: string
  readonly paid_at: number
  readonly lines: readonly Sold[]
} & MoneyBack

/** What became of money that was paid once. */
export type MoneyBack = {
  /** By refunds, or credit notes after it was paid. */
  readonly refunded: 'none' | 'partly' | 'fully'
  /** A dispute of its charge: open while it is not decided; lost for good. One that was won is none. */
  readonly disputed: 'none' | 'open' | 'lost'
}
