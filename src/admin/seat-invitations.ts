import { createHash } from 'node:crypto'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import type { Command, Scope } from './command.ts'
import { ofPool, withRoom } from './delegate-pool.ts'
import { reachOf } from './delegate-reach.ts'
import { failed } from './failed.ts'
import { readId } from './ids.ts'
import { invalid } from './invalid.ts'
import { notFound } from './not-found.ts'
import { type Page, type PageInput, readPage } from './page.ts'
import { findOrAddPerson, type PersonRef } from './person.ts'
import { findSeat, type SeatDocument } from './seat-holders.ts'
import { findPool } from './seat-pools.ts'
import { assignSeat, checkRoom, seatUse } from './seats.ts'

/** Times as RFC 3339 text. */
export type InvitationDocument = {
  /** "inv_…" */
  readonly id: string
  readonly pool: string
  readonly invited_by: string
  readonly created_at: string
  readonly expires_at: string
  readonly state: 'open' | 'accepted' | 'cancelled' | 'expired'
}

const week = 7 * 86_400_000
const longest = 90 * 86_400_000

/** Holds a place until it is accepted, cancelled or over. Of the code only the SHA-256 is kept. */
export function inviteToSeat(
  code: string,
): Command<
  { readonly pool: string; readonly expires_at?: string },
  { readonly invitation: InvitationDocument }
> {
  return async (tx, scope, { pool: name, expires_at: until }) => {
    const { tenant, actor, now } = scope
    const reach = await reachOf(tx, scope, now)
    const pool = await findPool(tx, tenant, name, true)
    const delegation = reach && (await withRoom(tx, tenant, await ofPool(tx, tenant, reach, pool, now), now))
    const expires = until === undefined ? now + week : Date.parse(until)
    if (!(expires > now && expires <= now + longest))
      throw invalid('expires_at', 'An invitation ends within 90 days.')
    checkRoom(pool, await seatUse(tx, tenant, pool, now))
    const id = newId(now)
    const row = {
      tenant_id: tenant,
      id,
      pool_id: pool,
      code_sha256: digest(code),
      invited_by: actor,
      created_at: new Date(now),
      expires_at: new Date(expires),
      delegation_id: delegation ?? null,
    }
    await tx`insert into vouchsafe.seat_invitations ${tx(row)}`
    return { invitation: await find(tx, scope, id) }
  }
}

/**
 * Turns the code into a seat, and the person into a member of the pool's organization where they are none yet.
 * An unknown or cancelled code: NOT_FOUND. One that is over or was used by another: FAILED_PRECONDITION.
 */
export const acceptInvitation: Command<
  { readonly code_sha256: string; readonly person: PersonRef },
  { readonly seat: SeatDocument }
> = async (tx, scope, { code_sha256: sha256, person }) => {
  const { tenant, now } = scope
  const subject = await findOrAddPerson(tx, tenant, person)
  const invitation = await byCode(tx, tenant, Buffer.from(sha256, 'hex'))
  if (invitation.accepted_by === subject) {
    return { seat: await findSeat(tx, scope, invitation.pool_id, invitation.seat_id ?? '') }
  }
  if (invitation.accepted_by !== null) throw failed('The invitation was accepted.', { state: 'accepted' })
  if (invitation.expires_at <= now) throw failed('The invitation is over.', { state: 'expired' })
  const { id, pool_id: pool, invited_by: actor, delegation_id: delegation } = invitation
  await join(tx, tenant, pool, subject)
  const by = { actor, now, invitation: id, ...(delegation !== null && { delegation }) }
  const { seat } = await assignSeat(tx, tenant, { pool, subject }, by)
  await tx`update vouchsafe.seat_invitations set accepted_at = ${new Date(now)}, seat_id = ${seat}
    where tenant_id = ${tenant} and id = ${id}`
  return { seat: await findSeat(tx, scope, pool, seat) }
}

/** Gives its place free. Nothing to cancel is no error. */
export const cancelInvitation: Command<string, { readonly invitation: InvitationDocument }> = async (
  tx,
  scope,
  name,
) => {
  const { tenant, now } = scope
  const reach = await reachOf(tx, scope, now)
  const id = readId('inv', name)
  const [row] =
    id === undefined
      ? []
      : await tx<{ pool_id: string }[]>`
          select pool_id from vouchsafe.seat_invitations where tenant_id = ${tenant} and id = ${id}`
  if (id === undefined || !row) throw notFound('invitation', name)
  await findPool(tx, tenant, row.pool_id, true)
  if (reach) await ofPool(tx, tenant, reach, row.pool_id, now)
  await tx`update vouchsafe.seat_invitations set cancelled_at = ${new Date(now)}
    where tenant_id = ${tenant} and id = ${id} and accepted_at is null and cancelled_at is null`
  return { invitation: await find(tx, scope, id) }
}

/** A pool's invitations, in the order they were made. */
export const listInvitations: Command<
  PageInput & { readonly pool: string },
  Page<InvitationDocument>
> = async (tx, scope, { pool: name, ...page }) => {
  const { tenant, now } = scope
  const pool = await findPool(tx, tenant, name)
  const reach = await reachOf(tx, scope, now, false)
  if (reach) await ofPool(tx, tenant, reach, pool, now)
  return readPage(
    scope.pageTokens,
    [tenant, 'invitations', pool],
    page,
    (after, limit) => tx<InvitationDocument[]>`
      ${select(tx, now)} where i.tenant_id = ${tenant} and i.pool_id = ${pool}
        ${after ? tx`and i.id > ${String(after[0])}` : tx``} order by i.id limit ${limit}`,
    ({ id }) => [id.slice('inv_'.length)],
  )
}

export function digest(code: string): Buffer {
  return createHash('sha256').update(code).digest()
}

type Found = {
  readonly id: string
  readonly pool_id: string
  readonly invited_by: string
  readonly expires_at: number
  readonly delegation_id: string | null
  readonly accepted_by: string | null
  readonly seat_id: string | null
}

/** The pool is locked before the invitation is read: it is accepted once. */
async function byCode(tx: Tx, tenant: string, sha256: Buffer): Promise<Found> {
  const [known] = await tx<{ id: string; pool_id: string }[]>`
    select id, pool_id from vouchsafe.seat_invitations where tenant_id = ${tenant} and code_sha256 = ${sha256}`
  if (!known) throw notFound('invitation', 'of this code')
  await findPool(tx, tenant, known.pool_id, true)
  const [row] = await tx<Found[]>`
    select i.id, i.pool_id, i.invited_by, i.expires_at, i.delegation_id, i.seat_id, s.subject_id as accepted_by
    from vouchsafe.seat_invitations i
    left join vouchsafe.seats s on s.tenant_id = i.tenant_id and s.id = i.seat_id
    where i.tenant_id = ${tenant} and i.id = ${known.id} and i.cancelled_at is null`
  if (!row) throw notFound('invitation', 'of this code')
  return row
}

async function join(tx: Tx, tenant: string, pool: string, subject: string): Promise<void> {
  await tx`
    insert into vouchsafe.organization_members (tenant_id, organization_id, subject_id)
    select p.tenant_id, p.organization_id, ${subject} from vouchsafe.seat_pools p
    where p.tenant_id = ${tenant} and p.id = ${pool} and not exists (
      select from vouchsafe.organization_members m
      where m.tenant_id = p.tenant_id and m.subject_id = ${subject}
        and p.organization_id in (select vouchsafe.organizations_above(m.tenant_id, m.organization_id)))
    on conflict do nothing`
}

async function find(tx: Tx, { tenant, now }: Scope, id: string): Promise<InvitationDocument> {
  const [row] = await tx<InvitationDocument[]>`
    ${select(tx, now)} where i.tenant_id = ${tenant} and i.id = ${id}`
  if (!row) throw notFound('invitation', `inv_${id}`)
  return { ...row }
}

function select(tx: Tx, now: number) {
  return tx`
    select 'inv_' || i.id as id, 'pol_' || i.pool_id as pool, i.invited_by,
      to_jsonb(i.created_at) #>> '{}' as created_at, to_jsonb(i.expires_at) #>> '{}' as expires_at,
      case when i.accepted_at is not null then 'accepted' when i.cancelled_at is not null then 'cancelled'
        when i.expires_at <= ${new Date(now)} then 'expired' else 'open' end as state
    from vouchsafe.seat_invitations i`
}
