import { readTenant } from '#postgres/read-tenant.ts'
import { visibleTo } from './delegate-grant.ts'
import { type GrantRow, selectGrants, toRecord } from './grant-rows.ts'
import type { By, ListAnswer, ListInput, Needs } from './grant-types.ts'
import { readPage } from './page.ts'
import type { PageTokens } from './page-tokens.ts'
import { resolveHolder } from './resolve-holder.ts'
import { revisionOf } from './revision-of.ts'

/** A holder's grants, newest first, as of one moment; a delegate sees those of what it may give. Errors: NOT_FOUND (holder), INVALID_FIELD (page token or size). */
export async function listGrants(
  needs: Needs & { readonly pageTokens: PageTokens },
  by: Pick<By, 'tenant' | 'delegate'>,
  input: ListInput,
): Promise<ListAnswer> {
  const now = (needs.now ?? Date.now)()
  return readTenant(needs.sql, by.tenant, async (tx) => {
    const holder = await resolveHolder(tx, by.tenant, input.holder, false)
    const list = [
      by.tenant,
      'grants',
      holder.subject_id ?? '',
      holder.organization_id ?? '',
      String(input.include_ended === true),
      by.delegate ?? '',
    ]
    const page = await readPage(
      needs.pageTokens,
      list,
      input,
      (after, limit) => tx<GrantRow[]>`
        ${selectGrants(tx)} where g.tenant_id = ${by.tenant}
          and ${holder.subject_id ? tx`g.subject_id = ${holder.subject_id}` : tx`g.organization_id = ${holder.organization_id}`}
          and ${input.include_ended ? tx`true` : tx`g.revoked_at is null and (g.ends_at is null or g.ends_at > ${new Date(now)})`}
          and ${visibleTo(tx, by, now)}
          and ${after ? tx`(g.granted_at, g.id) < (${new Date(after[0] as number)}, ${after[1] as string})` : tx`true`}
        order by g.granted_at desc, g.id desc limit ${limit}`,
      (row) => [row.granted_at, row.id],
    )
    return {
      grants: page.items.map(toRecord),
      next_page_token: page.next_page_token,
      revision: await revisionOf(tx, by.tenant),
    }
  })
}
