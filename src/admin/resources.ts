import type { Tx } from '#postgres/pool.ts'
import type { Command, Scope, WriteScope } from './command.ts'
import { entitlementId } from './entitlement-id.ts'
import { type Page, type PageInput, readPage } from './page.ts'

/** What is shown only to who holds its entitlement; without one, to every member. */
export type ResourceDocument = {
  readonly kind: string
  readonly key: string
  readonly name: string
  readonly entitlement: string
}

type Row = { readonly resource: ResourceDocument }

/** Keeps a resource, whether it was known or not. Unknown entitlement: NOT_FOUND. */
export const putResource: Command<
  ResourceDocument,
  { readonly resource: ResourceDocument },
  WriteScope
> = async (tx, scope, resource) => {
  const { kind, key, name, entitlement } = resource
  const needed = entitlement ? await entitlementId(tx, scope.tenant, entitlement) : null
  await tx`insert into vouchsafe.resources ${tx({ tenant_id: scope.tenant, kind, key, name, entitlement_id: needed })}
    on conflict (tenant_id, kind, key) do update set name = excluded.name, entitlement_id = excluded.entitlement_id`
  return { resource }
}

/** Nothing to forget is no error. */
export const deleteResource: Command<{ readonly kind: string; readonly key: string }, object> = async (
  tx,
  scope,
  { kind, key },
) => {
  await tx`delete from vouchsafe.resources where tenant_id = ${scope.tenant} and kind = ${kind} and key = ${key}`
  return {}
}

export const listResources: Command<PageInput & { readonly kind: string }, Page<ResourceDocument>> = async (
  tx,
  scope,
  { kind, ...input },
) => {
  const page = await readPage(
    scope.pageTokens,
    [scope.tenant, 'resources', kind],
    input,
    (after, limit) => tx<Row[]>`
      ${select(tx, scope)} and r.kind = ${kind} ${after ? tx`and r.key > ${after[0] as string}` : tx``}
      order by r.key limit ${limit}`,
    ({ resource }) => [resource.key],
  )
  return { ...page, items: page.items.map(({ resource }) => resource) }
}

function select(tx: Tx, { tenant }: Scope) {
  return tx`select jsonb_build_object('kind', r.kind, 'key', r.key, 'name', r.name,
      'entitlement', coalesce(e.key, '')) as resource
    from vouchsafe.resources r
    left join vouchsafe.entitlements e on e.tenant_id = r.tenant_id and e.id = r.entitlement_id
    where r.tenant_id = ${tenant}`
}
