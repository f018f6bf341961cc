import type { Tx } from '#postgres/pool.ts'
import type { Holder } from './resolve-holder.ts'

/**
 * Locks these holders' rows, in one order for all writers: people first, then organizations, each by id. One by one, or
 * a plan of statistics that lag behind would read all rows to sort them.
 */
export async function lockHolders(tx: Tx, tenant: string, holders: readonly Holder[]): Promise<void> {
  const subjects = idsOf(holders.map(({ subject_id }) => subject_id))
  const organizations = idsOf(holders.map(({ organization_id }) => organization_id))
  if (subjects.length > 0)
    await tx`select from unnest(${subjects}::uuid[]) w (id) cross join lateral (
      select from vouchsafe.subjects where tenant_id = ${tenant} and id = w.id for no key update) held`
  if (organizations.length > 0)
    await tx`select from unnest(${organizations}::uuid[]) w (id) cross join lateral (
      select from vouchsafe.organizations where tenant_id = ${tenant} and id = w.id for no key update) held`
}

function idsOf(ids: readonly (string | null)[]): string[] {
  return [...new Set(ids.filter((id) => id !== null))].sort()
}
