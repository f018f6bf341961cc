/** An answer that a change would turn. */
export type PreviewFlip = {
  /** "sub_…" */
  readonly subject: string
  /** An entitlement's key; for a product or a resource the surface. */
  readonly entitlement: string
  readonly product?: string
  /** "content:<key>" or "navigation:<key>". */
  readonly resource?: string
  /** "org_…" */
  readonly organization?: string
  readonly module?: string
  /** The answer then, and its main reason. */
  readonly allowed: boolean
  readonly reason: string
}

/** Who would gain and lose by a change. */
export type Preview = {
  readonly gained: number
  readonly lost: number
  /** The first of them. */
  readonly flips: readonly PreviewFlip[]
  readonly compared: number
  /** There were too many answers to compare them all. */
  readonly partial: boolean
}
