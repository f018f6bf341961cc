/**
 * A grant on its way into the slab, as numbers. One such object is reused for a whole load, so that a row makes no garbage.
 */
export type GrantFields = {
  readonly id: Uint32Array
  /** Slots of the tenant's UuidIndex. */
  holder: number
  target: number
  /** 0: none. */
  scope: number
  pool: number
  /** Dictionary number; 0: all modules. */
  module: number
  /** TextTable numbers, counted for this grant. */
  source_ref: number
  value: number
  /** Places in codes.ts. */
  effect: number
  source: number
  access: number
  /** Milliseconds. */
  starts_at: number
  /** Absent: NaN, in this and the following. */
  ends_at: number
  revoked_at: number
  past_due_at: number
}

export function blankGrant(): GrantFields {
  return {
    id: new Uint32Array(4),
    holder: 0,
    target: 0,
    scope: 0,
    pool: 0,
    module: 0,
    source_ref: 0,
    value: 0,
    effect: 0,
    source: 0,
    access: 0,
    starts_at: 0,
    ends_at: Number.NaN,
    revoked_at: Number.NaN,
    past_due_at: Number.NaN,
  }
}
