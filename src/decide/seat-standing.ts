import type { SeatPool, SeatPurchase } from '#core/tenant-view.ts'

export type Standing = {
  readonly counts: boolean
  /** When the clock alone changes that; ms. */
  readonly changes_at?: number
}

const always: Standing = { counts: true }

/**
 * Whether a seat that is held counts at `now` (ms). Where a pool suspends its newest seats, those beyond what the
 * running purchases add up to do not; purchases begin and end by the clock.
 */
export function seatStanding(pool: SeatPool | undefined, subject: string, now: number): Standing {
  if (pool?.on_shrink !== 'suspend_newest') return always
  const ahead = pool.purchases.filter(({ ends_at: ends }) => ends === undefined || ends > now)
  const capacities = momentsOf(ahead, now).map((at) => [at, capacityAt(ahead, at)] as const)
  if (capacities.every(([, capacity]) => pool.held <= capacity)) return always
  const rank = pool.rank(subject)
  const counts = rank < (capacities[0]?.[1] ?? 0)
  const change = capacities.find(([, capacity]) => rank < capacity !== counts)
  return { counts, ...(change && { changes_at: change[0] }) }
}

/** `now`, and when what runs changes after it. */
function momentsOf(purchases: readonly SeatPurchase[], now: number): readonly number[] {
  const moments = purchases.flatMap(({ starts_at: starts, ends_at: ends }) => [starts, ends ?? now])
  return [now, ...new Set(moments.filter((at) => at > now))].sort((a, b) => a - b)
}

function capacityAt(purchases: readonly SeatPurchase[], at: number): number {
  let seats = 0
  for (const { starts_at: starts, ends_at: ends, quantity } of purchases) {
    if (starts <= at && (ends === undefined || ends > at)) seats += quantity ?? Number.POSITIVE_INFINITY
  }
  return seats
}
