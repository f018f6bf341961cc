import type { Membership } from '#core/tenant-view.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'

export type NewOrganization = {
  readonly key: string
  readonly name?: string
  /** Id of the one above. */
  readonly parent?: string
}

/** A circle or more than 64 levels: AppError FAILED_PRECONDITION. */
export async function addOrganization(
  tx: Tx,
  tenant: string,
  organization: NewOrganization,
): Promise<string> {
  const id = newId()
  const { parent, ...rest } = organization
  await tx`insert into vouchsafe.organizations ${tx({ tenant_id: tenant, id, ...rest, parent_id: parent ?? null })}`
  return id
}

export async function addMember(
  tx: Tx,
  tenant: string,
  member: { readonly organization: string; readonly subject: string; readonly role?: Membership['role'] },
): Promise<void> {
  const { organization, subject, role = 'member' } = member
  await tx`insert into vouchsafe.organization_members (tenant_id, organization_id, subject_id, role)
    values (${tenant}, ${organization}, ${subject}, ${role})
    on conflict (tenant_id, organization_id, subject_id) do update set role = excluded.role`
}

export async function removeMember(
  tx: Tx,
  tenant: string,
  member: { readonly organization: string; readonly subject: string },
): Promise<void> {
  await tx`delete from vouchsafe.organization_members
    where tenant_id = ${tenant} and organization_id = ${member.organization} and subject_id = ${member.subject}`
}

export async function addSeatPool(
  tx: Tx,
  tenant: string,
  pool: { readonly organization: string; readonly key: string; readonly module?: string },
): Promise<string> {
  const id = newId()
  const { organization, key, module = null } = pool
  await tx`insert into vouchsafe.seat_pools ${tx({ tenant_id: tenant, id, organization_id: organization, key, module })}`
  return id
}
