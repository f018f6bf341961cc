import type { StripeAccount } from './account.ts'

/** A mark that this process works at, until somebody else may. */
export type Lease = {
  readonly account: StripeAccount
  /** What is marked: a customer, or something of one that is to be found out. */
  readonly object: string
  readonly generation: number
  readonly attempts: number
  readonly token: string
  /** Since when the mark waits, ms. */
  readonly since: number
  /** When it was taken, ms: what had been received by then is covered by what is fetched afterwards. */
  readonly at: number
  /** The newest event that waits for it. */
  readonly cause?: string
  /** Whether a mapping of the tenant names a feature. */
  readonly features: boolean
}

/** How long a lease holds without a sign of life, ms: so long a customer may wait after a process was killed. */
export const leaseMs = 30_000
export const heartbeatMs = 10_000

/** Another worker has it meanwhile: nothing of what this one fetched may stay. */
export class LeaseLost extends Error {
  constructor(object: string) {
    super(`The lease of ${object} was lost.`)
    this.name = 'LeaseLost'
  }
}
