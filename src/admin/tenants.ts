import type { Tx } from '#postgres/pool.ts'
import { orNull, same } from './columns.ts'
import type { Scope } from './command.ts'
import { readId } from './ids.ts'
import { notFound } from './not-found.ts'
import { type Page, type PageInput, readPage } from './page.ts'
import { resource } from './resource.ts'

export type TenantDocument = {
  readonly id: string
  readonly key: string
  readonly name: string
  readonly grace_days?: number
  readonly default_module: string
  readonly default_tier: string
  readonly suspended: boolean
  readonly etag?: string
}

const document = (tx: Tx) => tx`jsonb_build_object('id', 'ten_' || r.tenant_id, 'key', r.key, 'name', r.name,
  'grace_days', r.grace_days, 'default_module', coalesce(r.default_module, ''),
  'default_tier', coalesce(r.default_tier, ''), 'suspended', not r.active)`

/** `create` makes the tenant whose id the scope has. A key that is taken: ALREADY_EXISTS. */
export const {
  create: makeTenant,
  get: getTenant,
  update: updateTenant,
} = resource<TenantDocument, 'key'>({
  noun: 'tenant',
  table: 'tenants',
  name: 'key',
  id: 'tenant_id',
  document,
  fields: {
    key: same('key'),
    name: same('name'),
    grace_days: (days: number | undefined) => ({ grace_days: days ?? 7 }),
    default_module: orNull('default_module'),
    default_tier: orNull('default_tier'),
    suspended: (suspended: boolean) => ({ active: !suspended }),
  },
  fixed: ['key'],
})

/** Over all tenants, in the feed's role: id and key of the one with this id or key. */
export async function locateTenant(
  tx: Tx,
  idOrKey: string,
): Promise<{ readonly id: string; readonly key: string }> {
  const [row] = await tx<{ id: string; key: string }[]>`
    select tenant_id as id, key from vouchsafe.tenants
    where key = ${idOrKey} or tenant_id = ${readId('ten', idOrKey) ?? null}`
  if (!row) throw notFound('tenant', idOrKey)
  return row
}

/** Over all tenants, in the feed's role. */
export async function listTenants(
  tx: Tx,
  scope: Pick<Scope, 'pageTokens'>,
  input: PageInput,
): Promise<Page<TenantDocument>> {
  const page = await readPage(
    scope.pageTokens,
    ['tenants'],
    input,
    (after, limit) => tx<{ tenant: TenantDocument }[]>`
      select ${document(tx)} as tenant from vouchsafe.tenants r
      ${after ? tx`where r.key > ${after[0] as string}` : tx``} order by r.key limit ${limit}`,
    ({ tenant }) => [tenant.key],
  )
  return { ...page, items: page.items.map(({ tenant }) => tenant) }
}
