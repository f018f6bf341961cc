import type { Tx } from '#postgres/pool.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { type GrantRow, selectGrants, toRecord } from './grant-rows.ts'
import type { ListAnswer, ListInput, Needs } from './grant-types.ts'
import { invalid } from './invalid.ts'
import { notFound } from './not-found.ts'
import type { PageTokens } from './page-tokens.ts'
import { resolveHolder } from './resolve-holder.ts'

const defaultSize = 50
const largestSize = 1000

/** A holder's grants, newest first, as of one moment. Errors: NOT_FOUND (holder), INVALID_FIELD (page token or size). */
export async function listGrants(
  needs: Needs & { readonly pageTokens: PageTokens },
  by: { readonly tenant: string },
  input: ListInput,
): Promise<ListAnswer> {
  const now = (needs.now ?? Date.now)()
  const size = pageSize(input.page_size)
  return readTenant(needs.sql, by.tenant, async (tx) => {
    const holder = await resolveHolder(tx, by.tenant, input.holder, false)
    const list = [
      by.tenant,
      'grants',
      holder.subject_id ?? '',
      holder.organization_id ?? '',
      String(input.include_ended === true),
    ]
    const after = input.page_token ? needs.pageTokens.read(list, input.page_token) : undefined
    const rows = await tx<GrantRow[]>`
      ${selectGrants(tx)} where g.tenant_id = ${by.tenant}
        and ${holder.subject_id ? tx`g.subject_id = ${holder.subject_id}` : tx`g.organization_id = ${holder.organization_id}`}
        and ${input.include_ended ? tx`true` : tx`g.revoked_at is null and (g.ends_at is null or g.ends_at > ${new Date(now)})`}
        and ${after ? tx`(g.granted_at, g.id) < (${new Date(after.at)}, ${after.id})` : tx`true`}
      order by g.granted_at desc, g.id desc limit ${size + 1}`
    const page = rows.slice(0, size)
    const last = page.at(-1)
    const more =
      rows.length > size && last ? needs.pageTokens.write(list, { at: last.granted_at, id: last.id }) : ''
    return { grants: page.map(toRecord), next_page_token: more, revision: await revisionOf(tx, by.tenant) }
  })
}

function pageSize(asked: number | undefined): number {
  if (asked !== undefined && (asked < 0 || !Number.isSafeInteger(asked))) {
    throw invalid('page_size', 'A page size is a whole number of at least 0.')
  }
  return Math.min(asked || defaultSize, largestSize)
}

async function revisionOf(tx: Tx, tenant: string) {
  const [head] = await tx<{ epoch: string; revision: number; chain: string }[]>`
    select epoch, revision, encode(substr(chain, 1, 8), 'hex') as chain from vouchsafe.head where tenant_id = ${tenant}`
  if (!head) throw notFound('tenant', tenant)
  return { tenant, ...head }
}
