/** How long a client may take to say what it wants, in ms. */
export type Patience = {
  /** Until its headers are there. */
  readonly headersMs: number
  /** Until its body is there too. */
  readonly requestMs: number
  /** How often those are looked for that take longer. Node's default of 30 s would be the real limit. */
  readonly checkMs: number
}

export const patience: Patience = { headersMs: 5000, requestMs: 10_000, checkMs: 1000 }
