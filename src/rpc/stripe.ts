import type { Command } from '#admin/command.ts'
import type { By, HolderRef } from '#admin/grant-types.ts'

/** A Stripe account by its key; empty: the tenant's only one. */
type OfAccount = { readonly account: string }
/** Empty: all. */
type OfCustomer = OfAccount & { readonly customer: string }

export type Probed = {
  readonly ok: boolean
  /** "acct_…"; empty where Stripe did not answer. */
  readonly account: string
  /** In words. */
  readonly problems: readonly string[]
  /** What Stripe is to send. */
  readonly event_types: readonly string[]
  readonly webhook_path: string
}

export type ReplayInput = OfAccount & {
  readonly events: readonly string[]
  readonly customers: readonly string[]
  /** All that were given up. */
  readonly dead: boolean
}

export type CheckoutInput = OfAccount & {
  readonly holder: HolderRef
  /** A plan's key: its only price is bought. Empty: lines say what is. */
  readonly plan: string
  readonly lines: readonly { readonly price: string; readonly quantity: number }[]
  /** Of the plan's price. */
  readonly quantity: number
  readonly mode: 'subscription' | 'payment'
  readonly success_url: string
  readonly cancel_url: string
  /** 0: none. */
  readonly trial_days: number
  /** Empty: none is named. */
  readonly entitlement: string
  readonly request_id: string
}

export type Checkout = {
  readonly url: string
  readonly session: string
  readonly customer: string
  readonly trial: boolean
}

/** How far it is; of one customer what came of it. */
export type Synced = {
  readonly customer: string
  /** Empty while it goes on. */
  readonly outcome: 'applied' | 'unbound' | ''
  /** Codes of what gives no right. */
  readonly alerts: readonly string[]
  /** Subscriptions, schedules and what was paid once, compared. */
  readonly compared: number
  /** Those of the account that wait, by what they wait for. */
  readonly waiting: number
  readonly unbound: number
  readonly dead: number
}

/** One customer, or at the end the sum. */
export type Verified = {
  readonly customer: string
  readonly bound: boolean
  readonly drift: readonly { readonly kind: string; readonly source_ref: string; readonly text: string }[]
  readonly alerts: readonly string[]
  readonly error: string
  readonly done: number
}

/**
 * What the administration has done with Stripe. All fail with AppErrors: FAILED_PRECONDITION where Stripe
 * refuses or does not answer.
 */
export type Stripe = {
  /** The folder of the files that secrets may be read from. */
  readonly secretsFolder: string | undefined
  readonly bindCustomer: Command<OfCustomer & { readonly holder: HolderRef }, { readonly changed: boolean }>
  readonly unbindCustomer: Command<OfCustomer, { readonly changed: boolean }>
  readonly replay: Command<ReplayInput, { readonly marked: number; readonly unknown: readonly string[] }>
  readonly probe: (by: By, account: string) => Promise<Probed>
  readonly createCheckout: (by: By, input: CheckoutInput) => Promise<Checkout>
  readonly createPortal: (
    by: By,
    input: OfAccount & {
      readonly holder: HolderRef
      readonly return_url: string
      readonly request_id: string
    },
  ) => Promise<{ readonly url: string; readonly customer: string }>
  readonly sync: (by: By, asked: OfCustomer, signal: AbortSignal) => AsyncIterable<Synced>
  readonly verify: (by: By, asked: OfCustomer, signal: AbortSignal) => AsyncIterable<Verified>
  /** Fetches all customers of a subject ("sub_…") and applies what they bought. Gives how many rights changed. */
  readonly syncHolder: (
    by: By,
    subject: string,
  ) => Promise<{ readonly asked: boolean; readonly changed: number }>
}
