import type { Tx } from '#postgres/pool.ts'
import type { Scope } from './command.ts'
import type { TargetRef } from './grant-types.ts'
import { type PageInput, readPage } from './page.ts'
import type { Holder } from './resolve-holder.ts'
import { resolveTarget } from './resolve-target.ts'

type Asked = PageInput & {
  readonly of: TargetRef
  readonly source_ref: string
  /** Whether organizations are passed over. */
  readonly people_only: boolean
}

const page = 5000

/**
 * Who holds something now by a live grant of their own, in pages: people by id, then organizations. An entitlement or a
 * product counts through plans too, a plan without a version in all of its versions.
 */
export async function holdersOf(tx: Tx, scope: Scope, asked: Asked) {
  const { of, source_ref, people_only, page_size, page_token } = asked
  const { tenant, now } = scope
  const givers = await giversOf(tx, tenant, of)
  const found = await readPage(
    scope.pageTokens,
    [tenant, 'holders', JSON.stringify(of), source_ref],
    { page_size: page_size || page, ...(page_token && { page_token }) },
    async (after, limit) => {
      const [kind, id] = after ?? []
      const from = (which: Kind) => (kind === which ? String(id) : undefined)
      const people =
        kind === 'organization_id'
          ? []
          : await held(tx, tenant, 'subject_id', givers, now, from('subject_id'), limit)
      const left = limit - people.length
      const organizations =
        left === 0 || people_only
          ? []
          : await held(tx, tenant, 'organization_id', givers, now, from('organization_id'), left)
      return [
        ...people.map((subject_id): Holder => ({ subject_id, organization_id: null })),
        ...organizations.map((organization_id): Holder => ({ subject_id: null, organization_id })),
      ]
    },
    ({ subject_id, organization_id }) =>
      subject_id === null ? ['organization_id', organization_id ?? ''] : ['subject_id', subject_id],
    page,
  )
  return { holders: found.items, unknown: [], next_page_token: found.next_page_token }
}

type Kind = 'subject_id' | 'organization_id'
type Givers = { readonly entitlements: string[]; readonly products: string[]; readonly versions: string[] }

/** What a grant's target is where it gives this. */
async function giversOf(tx: Tx, tenant: string, of: TargetRef): Promise<Givers> {
  const { entitlement_id, product_id, plan_version_id, plan_id, every_version } = await resolveTarget(
    tx,
    tenant,
    of,
    true,
  )
  if (plan_version_id !== null && !every_version)
    return { entitlements: [], products: [], versions: [plan_version_id] }
  const [givers] = await tx<Givers[]>`
    with entitlements as (
      select x.giver_id as id from vouchsafe.entitlement_gives x
      where x.tenant_id = ${tenant} and x.entitlement_id = ${entitlement_id}::uuid)
    select array(select id::text from entitlements) as entitlements,
      array(
        select i.plan_version_id::text from vouchsafe.plan_items i where i.tenant_id = ${tenant}
          and (i.product_id = ${product_id}::uuid or i.entitlement_id in (select id from entitlements))
        union
        select v.id::text from vouchsafe.plan_versions v where v.tenant_id = ${tenant} and v.plan_id = ${plan_id}::uuid
      ) as versions`
  return { entitlements: [], versions: [], ...givers, products: product_id ? [product_id] : [] }
}

/** In the order of the index that the holder's grants are found by, so that a page costs what it holds. */
async function held(
  tx: Tx,
  tenant: string,
  column: Kind,
  { entitlements, products, versions }: Givers,
  now: number,
  after: string | undefined,
  limit: number,
): Promise<readonly string[]> {
  const at = new Date(now)
  const rows = await tx<{ id: string }[]>`
    select distinct g.${tx(column)} as id from vouchsafe.grants g
    where g.tenant_id = ${tenant} and g.${tx(column)} is not null ${after ? tx`and g.${tx(column)} > ${after}::uuid` : tx``}
      and g.effect <> 'deny' and g.revoked_at is null and g.starts_at <= ${at} and (g.ends_at is null or g.ends_at > ${at})
      and (g.entitlement_id = any(${entitlements}::uuid[]) or g.product_id = any(${products}::uuid[])
        or g.plan_version_id = any(${versions}::uuid[]))
    order by 1 limit ${limit}`
  return rows.map(({ id }) => id)
}
