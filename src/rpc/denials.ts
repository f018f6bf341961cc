/** Denials out of this server's own journal. What the journal part reads, as the doors know it. */
export type DenialFilter = {
  readonly tenant: string
  readonly principal?: string
  readonly caller?: string
  readonly kind?: string
  /** ms; the end is not part of it. */
  readonly since?: number
  readonly until?: number
}

export type DeniedLine = {
  readonly decision_id: string
  /** RFC 3339. */
  readonly at: string
  readonly kind?: string
  readonly caller: string
  readonly principal: string
  readonly question: string
  readonly result: { readonly reasons: readonly { readonly code: string }[] }
  readonly data_revision: string
  readonly bundle_revision: string
}

export type DenialPage = {
  readonly denials: readonly DeniedLine[]
  /** The decision after which to go on; absent at the end. */
  readonly next?: string
  readonly complete: boolean
}

/** Undefined where this server keeps no journal in a file. */
export type ReadDenials =
  | ((filter: DenialFilter, limit: number, after?: string) => Promise<DenialPage>)
  | undefined
