import { AppError } from '#core/errors.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { showId } from './ids.ts'
import { notFound } from './not-found.ts'

export type SeatRequest = { readonly pool: string; readonly subject: string }

type Assignment = {
  readonly actor: string
  readonly now: number
  /** The delegation's id by which it is handed out. */
  readonly delegation?: string
  /** Of an invitation whose place it takes. */
  readonly invitation?: string
}

/** A pool's seats. `capacity` is the sum of the purchases that run; absent: one of them is without limit. */
export type SeatUse = { readonly used: number; readonly invited: number; readonly capacity?: number }

/**
 * Gives a seat, under the pool's row lock: however many try at once, there are never more seats than bought.
 * Who has one keeps it, and nothing changes. Full: AppError INSUFFICIENT_SEATS. Run inside withTenant.
 */
export async function assignSeat(
  tx: Tx,
  tenant: string,
  seat: SeatRequest,
  by: Assignment,
): Promise<{ readonly assigned: boolean; readonly seat: string }> {
  await lockPool(tx, tenant, seat.pool)
  const [held] = await tx<{ id: string }[]>`
    select id from vouchsafe.seats
    where tenant_id = ${tenant} and pool_id = ${seat.pool} and subject_id = ${seat.subject} and released_at is null`
  if (held) return { assigned: false, seat: held.id }
  const use = await seatUse(tx, tenant, seat.pool, by.now)
  checkRoom(seat.pool, by.invitation === undefined ? use : { ...use, invited: use.invited - 1 })
  const id = newId(by.now)
  const row = { tenant_id: tenant, id, pool_id: seat.pool, subject_id: seat.subject }
  const more = { assigned_at: new Date(by.now), assigned_by: by.actor, delegation_id: by.delegation ?? null }
  await tx`insert into vouchsafe.seats ${tx({ ...row, ...more })}`
  return { assigned: true, seat: id }
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

/** `now` in ms: purchases and invitations begin and end by the clock. */
export async function seatUse(tx: Tx, tenant: string, pool: string, now: number): Promise<SeatUse> {
  const at = new Date(now)
  const [row] = await tx<{ used: number; invited: number; capacity: number; unlimited: boolean }[]>`
    select
      (select count(*) from vouchsafe.seats s where s.tenant_id = ${tenant} and s.pool_id = ${pool} and s.released_at is null) as used,
      (select count(*) from vouchsafe.seat_invitations i where i.tenant_id = ${tenant} and i.pool_id = ${pool}
        and i.accepted_at is null and i.cancelled_at is null and i.expires_at > ${at}) as invited,
      coalesce(sum(g.quantity), 0)::bigint as capacity,
      coalesce(bool_or(g.quantity is null), false) as unlimited
    from vouchsafe.grants g
    where g.tenant_id = ${tenant} and g.pool_id = ${pool} and g.effect <> 'deny' and g.revoked_at is null
      and g.starts_at <= ${at} and (g.ends_at is null or g.ends_at > ${at})`
  const { used = 0, invited = 0, capacity = 0, unlimited = false } = row ?? {}
  return unlimited ? { used, invited } : { used, invited, capacity }
}

/** AppError INSUFFICIENT_SEATS where no place is left. */
export function checkRoom(pool: string, { used, invited, capacity }: SeatUse): void {
  if (capacity === undefined || used + invited < capacity) return
  throw new AppError('INSUFFICIENT_SEATS', `None of the ${capacity} seats is free.`, {
    pool: showId('pol', pool),
    capacity: String(capacity),
    used: String(used),
    invited: String(invited),
  })
}

/** One writer of a pool after the other. */
export async function lockPool(tx: Tx, tenant: string, pool: string): Promise<void> {
  const [row] =
    await tx`select from vouchsafe.seat_pools where tenant_id = ${tenant} and id = ${pool} for no key update`
  if (!row) throw notFound('seat pool', showId('pol', pool))
}
