import type { Tx } from '#postgres/pool.ts'
import type { Command, Scope } from './command.ts'
import { ofPool, withRoom } from './delegate-pool.ts'
import { ofPerson, reachOf } from './delegate-reach.ts'
import { failed } from './failed.ts'
import { type Page, type PageInput, readPage } from './page.ts'
import { findPerson, type PersonRef } from './person.ts'
import { findPool, type PoolDocument, shownPool } from './seat-pools.ts'
import { assignSeat, releaseSeat } from './seats.ts'

/** Times as RFC 3339 text. */
export type SeatDocument = {
  /** "sea_…" */
  readonly id: string
  readonly pool: string
  readonly subject: string
  readonly assigned_at: string
  readonly assigned_by: string
  readonly released_at?: string
  /** False for one that is suspended, or over. */
  readonly counts: boolean
}

type SeatRef = { readonly pool: string; readonly person: PersonRef }

/**
 * Who has a seat keeps it. Full: INSUFFICIENT_SEATS. Nobody of the pool's organization, nor of those below it:
 * FAILED_PRECONDITION, for the seat would give nothing.
 */
export const giveSeat: Command<
  SeatRef,
  { readonly seat: SeatDocument; readonly changed: boolean; readonly pool: PoolDocument }
> = async (tx, scope, { pool: name, person }) => {
  const { tenant, actor, now } = scope
  const reach = await reachOf(tx, scope, now)
  const subject = await findPerson(tx, tenant, person)
  const pool = await findPool(tx, tenant, name, true)
  let by: Parameters<typeof assignSeat>[3] = { actor, now }
  if (reach) {
    const left = await ofPerson(tx, tenant, await ofPool(tx, tenant, reach, pool, now), subject)
    const held = await seatOf(tx, tenant, pool, subject)
    if (held === undefined) by = { ...by, delegation: await withRoom(tx, tenant, left, now) }
  }
  await mustReach(tx, tenant, pool, subject)
  const { assigned, seat } = await assignSeat(tx, tenant, { pool, subject }, by)
  return {
    seat: await findSeat(tx, scope, pool, seat),
    changed: assigned,
    pool: await shownPool(tx, scope, pool),
  }
}

/** Nothing to take is no error. */
export const takeSeat: Command<SeatRef, { readonly released: boolean; readonly pool: PoolDocument }> = async (
  tx,
  scope,
  { pool: name, person },
) => {
  const { tenant, now } = scope
  const reach = await reachOf(tx, scope, now)
  const subject = await findPerson(tx, tenant, person)
  const pool = await findPool(tx, tenant, name, true)
  if (reach) await ofPool(tx, tenant, reach, pool, now)
  const { released } = await releaseSeat(tx, tenant, { pool, subject }, { now })
  return { released, pool: await shownPool(tx, scope, pool) }
}

/** By age: those held longest first. */
export const listSeats: Command<
  PageInput & { readonly pool: string; readonly include_released: boolean },
  Page<SeatDocument>
> = async (tx, scope, { pool: name, include_released: all, ...page }) => {
  const { tenant, now } = scope
  const pool = await findPool(tx, tenant, name)
  const reach = await reachOf(tx, scope, now, false)
  if (reach) await ofPool(tx, tenant, reach, pool, now)
  const capacity = (await shownPool(tx, scope, pool)).capacity ?? null
  return readPage(
    scope.pageTokens,
    [tenant, 'seats', pool, String(all)],
    page,
    (after, limit) => tx<SeatDocument[]>`
      select * from (${select(tx, tenant, pool, capacity)}) seats
      where ${all ? tx`true` : tx`released_at is null`}
        ${after ? tx`and id > ${String(after[0])}` : tx``}
      order by id limit ${limit}`,
    ({ id }) => [id],
  ).then(({ items, ...rest }) => ({ ...rest, items: items.map(plain) }))
}

/** A person's live seat in the pool. */
async function seatOf(tx: Tx, tenant: string, pool: string, subject: string): Promise<string | undefined> {
  const [row] = await tx<{ id: string }[]>`
    select id from vouchsafe.seats
    where tenant_id = ${tenant} and pool_id = ${pool} and subject_id = ${subject} and released_at is null`
  return row?.id
}

async function mustReach(tx: Tx, tenant: string, pool: string, subject: string): Promise<void> {
  const [row] = await tx`
    select from vouchsafe.seat_pools p
    join vouchsafe.organization_members m on m.tenant_id = p.tenant_id and m.subject_id = ${subject}
    where p.tenant_id = ${tenant} and p.id = ${pool}
      and p.organization_id in (select vouchsafe.organizations_above(${tenant}, m.organization_id))
    limit 1`
  if (row) return
  throw failed('A seat is for members of the pool’s organization, or of one below it.', {
    pool: `pol_${pool}`,
    subject: `sub_${subject}`,
  })
}

export async function findSeat(tx: Tx, scope: Scope, pool: string, seat: string): Promise<SeatDocument> {
  const capacity = (await shownPool(tx, scope, pool)).capacity ?? null
  const [row] = await tx<SeatDocument[]>`
    select * from (${select(tx, scope.tenant, pool, capacity)}) seats where id = ${`sea_${seat}`}`
  if (!row) throw failed('The seat is gone.', { seat: `sea_${seat}` })
  return plain(row)
}

function select(tx: Tx, tenant: string, pool: string, capacity: number | null) {
  return tx`
    select 'sea_' || s.id as id, 'pol_' || s.pool_id as pool, 'sub_' || s.subject_id as subject,
      to_jsonb(s.assigned_at) #>> '{}' as assigned_at, s.assigned_by, to_jsonb(s.released_at) #>> '{}' as released_at,
      s.released_at is null and (p.on_shrink <> 'suspend_newest' or ${capacity}::bigint is null
        or row_number() over (partition by s.released_at is null order by s.assigned_at, s.id) <= ${capacity}::bigint) as counts
    from vouchsafe.seats s join vouchsafe.seat_pools p on p.tenant_id = s.tenant_id and p.id = s.pool_id
    where s.tenant_id = ${tenant} and s.pool_id = ${pool}`
}

function plain(row: SeatDocument): SeatDocument {
  const { released_at: released, ...rest } = row
  return { ...rest, ...(released && { released_at: released }) }
}
