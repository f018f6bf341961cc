import type { Tx } from '#postgres/pool.ts'

/** The id of an organization's pool by its key: the module's own before the one for all. */
export async function poolOf(
  tx: Tx,
  tenant: string,
  organization: string | null,
  key: string,
  module: string | null,
): Promise<string | undefined> {
  const [row] = await tx<{ id: string }[]>`
    select id from vouchsafe.seat_pools where tenant_id = ${tenant} and organization_id = ${organization} and key = ${key}
      and (module is null or module = ${module}) order by module nulls last limit 1`
  return row?.id
}
