import { AppError } from '#core/errors.ts'
import type { Tx } from '#postgres/pool.ts'
import { same } from './columns.ts'
import type { Command, WriteScope } from './command.ts'
import { failed } from './failed.ts'
import { readId } from './ids.ts'
import { invalid } from './invalid.ts'
import type { Page, PageInput } from './page.ts'
import { organization } from './resolve-holder.ts'
import { resource, type UpdateInput } from './resource.ts'
import { lockTree } from './tree-lock.ts'

export type OrganizationDocument = {
  readonly id: string
  readonly key: string
  readonly name: string
  /** Id or key of the one above; empty for a root. */
  readonly parent: string
  readonly etag?: string
}

/** Directly below one organization. */
const widest = 10_000

const base = resource<OrganizationDocument>({
  noun: 'organization',
  table: 'organizations',
  name: 'key',
  document: (tx) => tx`jsonb_build_object('id', 'org_' || r.id, 'key', r.key, 'name', r.name,
    'parent', coalesce('org_' || r.parent_id, ''))`,
  fields: { key: same('key'), name: same('name'), parent },
  fixed: ['key'],
})

/** A circle or more than 64 levels: FAILED_PRECONDITION. More than 10 000 directly below one: LIMIT_EXCEEDED. */
export const createOrganization: Command<OrganizationDocument, OrganizationDocument> = async (
  tx,
  scope,
  document,
) => {
  if (readId('org', document.key) !== undefined) throw invalid('key', 'A key does not look like an id.')
  if (document.parent !== '') await lockTree(tx, scope.tenant, 'move')
  return base.create(tx, scope, document)
}

/** By id or key. */
export const getOrganization: Command<string, OrganizationDocument> = async (tx, scope, name) =>
  base.get(tx, scope, await keyOf(tx, scope, name))

/** By key; `parent` (id or key) gives those directly below it. */
export const listOrganizations: Command<
  PageInput & { readonly parent: string },
  Page<OrganizationDocument>
> = async (tx, scope, { parent: above, ...page }) => {
  if (above === '') return base.list(tx, scope, page)
  const id = await organization(tx, scope.tenant, above)
  return base.list(tx, scope, { ...page, where: [`parent ${id}`, tx`r.parent_id = ${id}`] })
}

/** A new parent moves it with all that is below it. */
export const updateOrganization: Command<UpdateInput<OrganizationDocument>, OrganizationDocument> = async (
  tx,
  scope,
  { document, fields },
) => {
  if (fields.includes('parent')) await lockTree(tx, scope.tenant, 'move')
  const key = await keyOf(tx, scope, document.id || document.key)
  return base.update(tx, scope, { document: { ...document, key }, fields })
}

/** Only while nothing hangs on it: what it has or had is on record for good. */
export const deleteOrganization: Command<string, object> = async (tx, scope, name) => {
  const { tenant } = scope
  const id = await organization(tx, tenant, name)
  // Against all that would refer to it meanwhile.
  await tx`select from vouchsafe.organizations where tenant_id = ${tenant} and id = ${id} for update`
  const [counts = {}] = await tx<Record<string, number>[]>`
    select
      (select count(*) from vouchsafe.organizations where tenant_id = ${tenant} and parent_id = ${id}) as organizations,
      (select count(*) from vouchsafe.organization_members where tenant_id = ${tenant} and organization_id = ${id}) as members,
      (select count(*) from vouchsafe.seat_pools where tenant_id = ${tenant} and organization_id = ${id}) as seat_pools,
      (select count(*) from vouchsafe.delegations where tenant_id = ${tenant} and organization_id = ${id}) as delegations,
      (select count(*) from vouchsafe.trial_uses where tenant_id = ${tenant} and organization_id = ${id}) as trials,
      (select count(*) from vouchsafe.grants where tenant_id = ${tenant} and (organization_id = ${id} or scope_organization_id = ${id})) as grants`
  const hanging = Object.entries(counts).filter(([, count]) => count > 0)
  if (hanging.length > 0) {
    const metadata = Object.fromEntries(hanging.map(([what, count]) => [what, String(count)]))
    throw failed('Something hangs on this organization: it cannot be deleted.', {
      organization: name,
      ...metadata,
    })
  }
  return base.remove(tx, scope, await keyOf(tx, scope, id))
}

async function keyOf(tx: Tx, { tenant }: WriteScope, name: string): Promise<string> {
  const id = await organization(tx, tenant, name)
  const [row] = await tx<{ key: string }[]>`
    select key from vouchsafe.organizations where tenant_id = ${tenant} and id = ${id}`
  return row?.key ?? name
}

async function parent(
  name: string,
  { tx, scope }: { readonly tx: Tx; readonly scope: WriteScope },
): Promise<{ readonly parent_id: string | null }> {
  if (name === '') return { parent_id: null }
  const id = await organization(tx, scope.tenant, name)
  const [row] = await tx<{ count: number }[]>`
    select count(*) from (
      select from vouchsafe.organizations where tenant_id = ${scope.tenant} and parent_id = ${id} limit ${widest}
    ) below`
  if ((row?.count ?? 0) >= widest) {
    const max = String(widest)
    throw new AppError('LIMIT_EXCEEDED', `An organization has at most ${max} directly below it.`, {
      limit: 'organizations',
      max,
    })
  }
  return { parent_id: id }
}
