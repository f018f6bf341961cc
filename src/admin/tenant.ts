import type { RevisionToken } from '#core/revision.ts'
import { readFeed } from '#postgres/read-feed.ts'
import { newId } from '#postgres/uuid.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import type { Needs } from './grant-types.ts'

export type NewTenant = {
  readonly key: string
  readonly name?: string
  /** 0 to 60. Default 7. */
  readonly grace_days?: number
  /** Keys; may be named before they exist. */
  readonly default_module?: string
  readonly default_tier?: string
}

/** Makes a tenant; its head begins at revision 1. A key that is taken: AppError ALREADY_EXISTS. */
export async function createTenant(
  needs: Needs,
  actor: string,
  input: NewTenant,
): Promise<{ readonly tenant: string; readonly revision: RevisionToken }> {
  const tenant = newId()
  const scope = {
    tenant,
    actor,
    action: 'CreateTenant',
    ...(needs.committed && { committed: needs.committed }),
  }
  const { revision } = await withTenant(needs.sql, scope, async (tx) => {
    await tx`insert into vouchsafe.tenants ${tx({ tenant_id: tenant, ...input })}`
  })
  return { tenant, revision }
}

/** The id of the tenant with this key. */
export async function findTenant(needs: Pick<Needs, 'sql'>, key: string): Promise<string | undefined> {
  const rows = await readFeed(
    needs.sql,
    (tx) => tx<{ tenant_id: string }[]>`select tenant_id from vouchsafe.tenants where key = ${key}`,
  )
  return rows[0]?.tenant_id
}
