import { AppError } from '#core/errors.ts'
import type { Membership } from '#core/tenant-view.ts'
import type { Tx } from '#postgres/pool.ts'
import type { Command, Scope } from './command.ts'
import { ofPool } from './delegate-pool.ts'
import { inOrganization, outOfReach, type Reach, reachOf } from './delegate-reach.ts'
import { notFound } from './not-found.ts'
import { type Page, type PageInput, readPage } from './page.ts'
import { findOrAddPerson, findPerson, type PersonRef } from './person.ts'
import { organization } from './resolve-holder.ts'
import { releaseSeat } from './seats.ts'

export type MemberDocument = {
  /** "org_…" */
  readonly organization: string
  /** "sub_…" */
  readonly subject: string
  readonly role: Membership['role']
}

type MemberRef = { readonly organization: string; readonly person: PersonRef }

/** A member of another role already: ALREADY_EXISTS. A delegate adds plain members only. */
export const addMember: Command<
  MemberRef & { readonly role: Membership['role'] },
  { readonly member: MemberDocument }
> = async (tx, scope, { organization: name, person, role }) => {
  const reach = await reachOf(tx, scope, scope.now)
  const id = await organization(tx, scope.tenant, name)
  if (reach) await mayKeep(tx, scope, reach, id, role)
  const subject = await findOrAddPerson(tx, scope.tenant, person)
  await tx`insert into vouchsafe.organization_members (tenant_id, organization_id, subject_id, role)
    values (${scope.tenant}, ${id}, ${subject}, ${role}) on conflict do nothing`
  const member = await find(tx, scope, id, subject)
  if (member.role !== role) {
    throw new AppError('ALREADY_EXISTS', 'The person is a member of another role.', { role: member.role })
  }
  return { member }
}

export const updateMember: Command<
  MemberRef & { readonly role: Membership['role'] },
  { readonly member: MemberDocument }
> = async (tx, scope, { organization: name, person, role }) => {
  const id = await organization(tx, scope.tenant, name)
  const subject = await findPerson(tx, scope.tenant, person)
  await tx`update vouchsafe.organization_members set role = ${role}
    where tenant_id = ${scope.tenant} and organization_id = ${id} and subject_id = ${subject}`
  return { member: await find(tx, scope, id, subject) }
}

/** Takes back the seats that no membership reaches any more, too. Nobody to remove is no error. */
export const removeMember: Command<
  MemberRef,
  { readonly removed: boolean; readonly released_seats: number }
> = async (tx, scope, { organization: name, person }) => {
  const reach = await reachOf(tx, scope, scope.now)
  const id = await organization(tx, scope.tenant, name)
  const subject = await findPerson(tx, scope.tenant, person)
  if (reach) {
    const [member] = await members(tx, scope, id, subject)
    await mayKeep(tx, scope, reach, id, member?.role ?? 'member')
  }
  const removed = await tx`delete from vouchsafe.organization_members
    where tenant_id = ${scope.tenant} and organization_id = ${id} and subject_id = ${subject}`
  const released = removed.count === 0 ? 0 : await releaseBeyond(tx, scope, reach, id, subject)
  return { removed: removed.count > 0, released_seats: released }
}

/** By the members' ids. */
export const listMembers: Command<
  PageInput & { readonly organization: string },
  Page<MemberDocument>
> = async (tx, scope, { organization: name, ...page }) => {
  const id = await organization(tx, scope.tenant, name)
  const reach = await reachOf(tx, scope, scope.now, false)
  if (reach) await inOrganization(tx, scope.tenant, reach, id)
  return readPage(
    scope.pageTokens,
    [scope.tenant, 'members', id],
    page,
    (after, limit) => tx<MemberDocument[]>`
      select 'org_' || organization_id as organization, 'sub_' || subject_id as subject, role
      from vouchsafe.organization_members
      where tenant_id = ${scope.tenant} and organization_id = ${id}
        ${after ? tx`and subject_id > ${String(after[0])}` : tx``}
      order by subject_id limit ${limit}`,
    ({ subject }) => [subject.slice('sub_'.length)],
  )
}

async function mayKeep(tx: Tx, scope: Scope, reach: Reach, id: string, role: string): Promise<void> {
  await inOrganization(tx, scope.tenant, reach, id)
  if (role !== 'member') throw outOfReach('role', role)
}

/** Seats in the pools of the organization and of those above it, where the person is no member below the pool's any more. */
async function releaseBeyond(
  tx: Tx,
  scope: Scope,
  reach: Reach | undefined,
  id: string,
  subject: string,
): Promise<number> {
  const { tenant, now } = scope
  const seats = await tx<{ pool: string }[]>`
    select p.id as pool
    from vouchsafe.seats s join vouchsafe.seat_pools p on p.tenant_id = s.tenant_id and p.id = s.pool_id
    where s.tenant_id = ${tenant} and s.subject_id = ${subject} and s.released_at is null
      and p.organization_id in (select vouchsafe.organizations_above(${tenant}, ${id}))
      and not exists (select from vouchsafe.organization_members m
        where m.tenant_id = s.tenant_id and m.subject_id = s.subject_id
          and p.organization_id in (select vouchsafe.organizations_above(m.tenant_id, m.organization_id)))
    order by p.id`
  let released = 0
  for (const { pool } of seats) {
    if (reach && !(await isReached(tx, tenant, reach, pool, now))) continue
    await releaseSeat(tx, tenant, { pool, subject }, { now })
    released++
  }
  return released
}

/** A seat out of a delegate's reach is left as it is: without a membership it gives nothing. */
async function isReached(tx: Tx, tenant: string, reach: Reach, pool: string, now: number): Promise<boolean> {
  try {
    await ofPool(tx, tenant, reach, pool, now)
    return true
  } catch (error) {
    if (error instanceof AppError && error.code === 'CALLER_NOT_ALLOWED') return false
    throw error
  }
}

async function find(tx: Tx, scope: Scope, id: string, subject: string): Promise<MemberDocument> {
  const [member] = await members(tx, scope, id, subject)
  if (!member) throw notFound('member', `sub_${subject}`)
  return member
}

function members(tx: Tx, { tenant }: Scope, id: string, subject: string) {
  return tx<MemberDocument[]>`
    select 'org_' || organization_id as organization, 'sub_' || subject_id as subject, role
    from vouchsafe.organization_members
    where tenant_id = ${tenant} and organization_id = ${id} and subject_id = ${subject}`
}
