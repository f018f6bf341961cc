import { keyOf, placeOf } from './key-of.ts'
import type { PresentGrant } from './present-grants.ts'
import type { WantedGrant } from './wanted.ts'

export type NewGrant = WantedGrant & { readonly starts_at: number }
/** The columns to be set; null clears. Times in ms. */
export type Change = {
  readonly id: string
  readonly wanted: WantedGrant
  readonly set: Partial<Pick<PresentGrant, 'quantity' | 'value' | 'starts_at' | 'ends_at' | 'past_due_at'>>
}

export type Difference = {
  readonly grant: readonly NewGrant[]
  readonly change: readonly Change[]
  readonly end: readonly PresentGrant[]
  /** Those that stay, changed or not, by key. */
  readonly kept: ReadonlyMap<string, PresentGrant>
}

/** What has to be written so that a customer's rows say what is wanted. `now` in ms. */
export function differenceOf(
  present: readonly PresentGrant[],
  wanted: readonly WantedGrant[],
  now: number,
): Difference {
  const current = wanted.filter(({ ends_at }) => ends_at === undefined || ends_at > now)
  const byKey = new Map(current.map((grant) => [keyOf(grant), grant]))
  const live = present.filter((row) => row.revoked_at === null && (row.ends_at === null || row.ends_at > now))
  const kept = new Map<string, PresentGrant>()
  const end: PresentGrant[] = []
  for (const row of live) {
    const one = byKey.get(row.key)
    if (one && !kept.has(row.key) && !isPutOff(row, one, now)) kept.set(row.key, row)
    else end.push(row)
  }
  const before = new Set(present.map(({ place }) => place))
  const grant: NewGrant[] = []
  const change: Change[] = []
  for (const [key, one] of byKey) {
    const row = kept.get(key)
    if (row) change.push({ id: row.id, wanted: one, set: columnsOf(row, one, now) })
    else grant.push({ ...one, starts_at: startOf(one, before.has(placeOf(one)), now) })
  }
  return { grant, change: change.filter(({ set }) => Object.keys(set).length > 0), end, kept }
}

/** It has begun, and is to begin later: what has begun is not begun again, but ends. */
function isPutOff(row: PresentGrant, { starts_at }: WantedGrant, now: number): boolean {
  return row.starts_at <= now && starts_at !== undefined && starts_at > now
}

/**
 * Stripe does not say when a right came back that had been away, nor when a price took another's place: it was not there
 * before now.
 */
function startOf({ starts_at = 0 }: WantedGrant, hadOther: boolean, now: number): number {
  return hadOther || starts_at === 0 ? Math.max(starts_at, now) : starts_at
}

function columnsOf(row: PresentGrant, wanted: WantedGrant, now: number): Change['set'] {
  const { quantity = null, value = null, ends_at = null, past_due_at = null } = wanted
  const starts_at = Math.max(wanted.starts_at ?? now, now)
  return {
    ...(row.quantity !== quantity && { quantity }),
    ...(JSON.stringify(row.value) !== JSON.stringify(value) && { value }),
    ...(row.ends_at !== ends_at && { ends_at }),
    ...(row.past_due_at !== past_due_at && { past_due_at }),
    // What has begun has begun.
    ...(row.starts_at > now && row.starts_at !== starts_at && { starts_at }),
  }
}
