import type { SeatPool } from '#core/tenant-view.ts'
import type { Tx } from '#postgres/pool.ts'
import { failed } from './failed.ts'
import { showId } from './ids.ts'
import { lockPool, type SeatUse, seatUse } from './seats.ts'

/** What a write did to the capacity of a pool, and to the seats beyond it. */
export type PoolShrink = {
  /** "pol_…" */
  readonly pool: string
  readonly rule: SeatPool['on_shrink']
  readonly capacity: number
  readonly used: number
  /** How many hold a seat that there is not any more. */
  readonly over: number
}

/**
 * Holds these pools while what is bought for them changes; called after the change, the answer says which of them
 * shrank. A pool that blocks refuses it with FAILED_PRECONDITION, where `mayRefuse`: what has ended at its source
 * has ended. `now` in ms.
 */
export async function holdPools(
  tx: Tx,
  tenant: string,
  pools: readonly (string | null)[],
  now: number,
): Promise<(mayRefuse: boolean) => Promise<readonly PoolShrink[]>> {
  const ids = [...new Set(pools.filter((pool) => pool !== null))].sort()
  const before: (readonly [string, SeatUse])[] = []
  for (const id of ids) {
    await lockPool(tx, tenant, id)
    before.push([id, await seatUse(tx, tenant, id, now)])
  }
  return async (mayRefuse) => {
    const shrunk: PoolShrink[] = []
    for (const [id, { capacity: had }] of before) {
      const { used, invited, capacity } = await seatUse(tx, tenant, id, now)
      if (capacity === undefined || (had !== undefined && capacity >= had)) continue
      const rule = await ruleOf(tx, tenant, id)
      if (rule === 'block' && mayRefuse && used + invited > capacity) {
        throw failed(
          `The pool has ${used} seats taken and ${invited} promised: it cannot shrink to ${capacity}.`,
          {
            pool: showId('pol', id),
            rule,
            capacity: String(capacity),
            used: String(used),
            invited: String(invited),
          },
        )
      }
      shrunk.push({ pool: showId('pol', id), rule, capacity, used, over: Math.max(0, used - capacity) })
    }
    return shrunk
  }
}

async function ruleOf(tx: Tx, tenant: string, pool: string): Promise<SeatPool['on_shrink']> {
  const [row] = await tx<{ on_shrink: SeatPool['on_shrink'] }[]>`
    select on_shrink from vouchsafe.seat_pools where tenant_id = ${tenant} and id = ${pool}`
  return row?.on_shrink ?? 'keep'
}
