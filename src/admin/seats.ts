import { AppError } from '#core/errors.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { notFound } from './not-found.ts'

export type SeatRequest = { readonly pool: string; readonly subject: string }

/**
 * Gives a seat, under the pool's row lock: however many try at once, there are never more seats than bought.
 * Who has one keeps it, and nothing changes. Full: AppError LIMIT_EXCEEDED with `capacity`. Run inside withTenant.
 */
export async function assignSeat(
  tx: Tx,
  tenant: string,
  seat: SeatRequest,
  by: { readonly actor: string; readonly now: number },
): Promise<{ readonly assigned: boolean }> {
  await lockPool(tx, tenant, seat.pool)
  const [held] = await tx`
    select from vouchsafe.seats
    where tenant_id = ${tenant} and pool_id = ${seat.pool} and subject_id = ${seat.subject} and released_at is null`
  if (held) return { assigned: false }
  const { used, capacity } = await seatUse(tx, tenant, seat.pool, by.now)
  if (capacity !== undefined && used >= capacity) {
    throw new AppError('LIMIT_EXCEEDED', `All ${capacity} seats are taken.`, {
      pool: seat.pool,
      capacity: String(capacity),
    })
  }
  const row = { tenant_id: tenant, id: newId(by.now), pool_id: seat.pool, subject_id: seat.subject }
  await tx`insert into vouchsafe.seats ${tx({ ...row, assigned_at: new Date(by.now), assigned_by: by.actor })}`
  return { assigned: true }
}

/** Takes a seat back; nothing to take is no error. Run inside withTenant. */
export async function releaseSeat(
  tx: Tx,
  tenant: string,
  seat: SeatRequest,
  by: { readonly now: number },
): Promise<{ readonly released: boolean }> {
  await lockPool(tx, tenant, seat.pool)
  const released = await tx`
    update vouchsafe.seats set released_at = ${new Date(by.now)}
    where tenant_id = ${tenant} and pool_id = ${seat.pool} and subject_id = ${seat.subject} and released_at is null`
  return { released: released.count > 0 }
}

/** `capacity` is the sum of the purchases that run now; absent: one of them is without limit. */
export async function seatUse(
  tx: Tx,
  tenant: string,
  pool: string,
  now: number,
): Promise<{ readonly used: number; readonly capacity?: number }> {
  const at = new Date(now)
  const [row] = await tx<{ used: number; capacity: number; unlimited: boolean }[]>`
    select
      (select count(*) from vouchsafe.seats s where s.tenant_id = ${tenant} and s.pool_id = ${pool} and s.released_at is null) as used,
      coalesce(sum(g.quantity), 0)::bigint as capacity,
      coalesce(bool_or(g.quantity is null), false) as unlimited
    from vouchsafe.grants g
    where g.tenant_id = ${tenant} and g.pool_id = ${pool} and g.effect <> 'deny' and g.revoked_at is null
      and g.starts_at <= ${at} and (g.ends_at is null or g.ends_at > ${at})`
  const { used = 0, capacity = 0, unlimited = false } = row ?? {}
  return unlimited ? { used } : { used, capacity }
}

async function lockPool(tx: Tx, tenant: string, pool: string): Promise<void> {
  const [row] =
    await tx`select from vouchsafe.seat_pools where tenant_id = ${tenant} and id = ${pool} for no key update`
  if (!row) throw notFound('seat pool', pool)
}
