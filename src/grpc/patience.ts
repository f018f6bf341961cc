/** How long a client may be silent, in ms. */
export type Patience = {
  /** After it opened a call, until its first message is there as a whole; where that is all, until it says so. */
  readonly firstMessageMs: number
  /** On a connection, until it is asked whether it is there. */
  readonly silentMs: number
  /** Then, until it says so. */
  readonly aliveMs: number
}

/** A connection that says nothing, not even how it begins, is closed within their sum: 30 s (F37). */
export const patience: Patience = { firstMessageMs: 30_000, silentMs: 20_000, aliveMs: 10_000 }
