import { readFeed } from '#postgres/read-feed.ts'
import type { Needs } from './grant-types.ts'

/** The id of the tenant with this key. */
export async function findTenant(needs: Pick<Needs, 'sql'>, key: string): Promise<string | undefined> {
  const rows = await readFeed(
    needs.sql,
    (tx) => tx<{ tenant_id: string }[]>`select tenant_id from vouchsafe.tenants where key = ${key}`,
  )
  return rows[0]?.tenant_id
}
