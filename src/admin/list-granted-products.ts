import type { Command } from './command.ts'
import type { HolderRef } from './grant-types.ts'
import { showId } from './ids.ts'
import { ofHolder } from './of-holder.ts'
import { type Page, type PageInput, readPage } from './page.ts'
import { resolveHolder } from './resolve-holder.ts'

export type GrantedProduct = {
  readonly product: string
  readonly name: string
  readonly requires_entitlement: boolean
  readonly grant: string
  readonly source: string
  readonly granted_at: string
  readonly ends_at?: string
  /** "key@n" */
  readonly plan?: string
}

/** What a holder's own live grants give of products, one row a product: by the oldest grant. Errors: NOT_FOUND. */
export const listGrantedProducts: Command<
  PageInput & { readonly holder: HolderRef },
  Page<GrantedProduct>
> = async (tx, { tenant, now, pageTokens }, { holder: ref, ...input }) => {
  const holder = await resolveHolder(tx, tenant, ref, false)
  const at = new Date(now)
  const page = await readPage(
    pageTokens,
    [tenant, 'granted products', holder.subject_id ?? holder.organization_id ?? ''],
    input,
    (after, limit) => tx<{ name: string; product: string; document: GrantedProduct }[]>`
      select name, product, document from (
        select distinct on (p.key) p.key::text as product, p.name collate "C" as name, jsonb_strip_nulls(jsonb_build_object(
          'product', p.key, 'name', p.name, 'requires_entitlement', p.requires_entitlement,
          'grant', ${showId('grt', '')} || g.id, 'source', g.source, 'granted_at', g.granted_at, 'ends_at', g.ends_at,
          'plan', l.key || '@' || v.n)) as document
        from vouchsafe.grants g
        left join vouchsafe.plan_versions v on v.tenant_id = g.tenant_id and v.id = g.plan_version_id
        left join vouchsafe.plans l on l.tenant_id = v.tenant_id and l.id = v.plan_id
        left join vouchsafe.plan_items i on i.tenant_id = v.tenant_id and i.plan_version_id = v.id
        join vouchsafe.products p on p.tenant_id = g.tenant_id and p.id in (g.product_id, i.product_id)
        where g.tenant_id = ${tenant} and ${ofHolder(tx, holder)} and g.effect <> 'deny' and g.revoked_at is null
          and g.starts_at <= ${at} and (g.ends_at is null or g.ends_at > ${at})
        order by p.key, g.granted_at, g.id
      ) given
      where ${after ? tx`(name, product collate "C") > (${after[0] as string}, ${after[1] as string})` : tx`true`}
      order by name, product collate "C" limit ${limit}`,
    ({ name, product }) => [name, product],
  )
  return { ...page, items: page.items.map(({ document }) => document) }
}
