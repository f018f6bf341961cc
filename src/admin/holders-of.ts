import type { Tx } from '#postgres/pool.ts'
import type { Scope } from './command.ts'
import type { TargetRef } from './grant-types.ts'
import { type PageInput, readPage } from './page.ts'
import type { Holder } from './resolve-holder.ts'
import { resolveTarget } from './resolve-target.ts'

type Asked = PageInput & { readonly of: TargetRef; readonly source_ref: string }

const page = 5000

/**
 * Who holds something now by a live grant of their own, people and organizations, in pages by id. An entitlement or a
 * product counts through plans too, a plan without a version in all of its versions.
 */
export async function holdersOf(tx: Tx, scope: Scope, { of, source_ref, page_size, page_token }: Asked) {
  const { tenant, now } = scope
  const { entitlement_id, product_id, plan_version_id, plan_id, every_version } = await resolveTarget(
    tx,
    tenant,
    of,
    true,
  )
  const given = entitlement_id
    ? tx`exists (select from vouchsafe.grant_entitlements x
        where x.tenant_id = g.tenant_id and x.grant_id = g.id and x.entitlement_id = ${entitlement_id})`
    : product_id
      ? tx`(g.product_id = ${product_id} or exists (select from vouchsafe.plan_items i
          where i.tenant_id = g.tenant_id and i.plan_version_id = g.plan_version_id and i.product_id = ${product_id}))`
      : every_version
        ? tx`g.plan_version_id in (select v.id from vouchsafe.plan_versions v where v.tenant_id = ${tenant} and v.plan_id = ${plan_id})`
        : tx`g.plan_version_id = ${plan_version_id}`
  const at = new Date(now)
  const found = await readPage(
    scope.pageTokens,
    [tenant, 'holders', JSON.stringify(of), source_ref],
    { page_size: page_size || page, ...(page_token && { page_token }) },
    (after, limit) => tx<Holder[]>`
      select g.subject_id, g.organization_id from vouchsafe.grants g
      left join vouchsafe.subjects s on s.tenant_id = g.tenant_id and s.id = g.subject_id
      where g.tenant_id = ${tenant} and g.effect <> 'deny' and g.revoked_at is null and g.starts_at <= ${at}
        and (g.ends_at is null or g.ends_at > ${at}) and s.deleted_at is null and ${given}
        ${after ? tx`and coalesce(g.subject_id, g.organization_id) > ${after[0] as string}::uuid` : tx``}
      group by g.subject_id, g.organization_id
      order by coalesce(g.subject_id, g.organization_id) limit ${limit}`,
    ({ subject_id, organization_id }) => [subject_id ?? organization_id ?? ''],
    page,
  )
  return { holders: found.items, unknown: [], next_page_token: found.next_page_token }
}
