import type { TenantView } from '#core/tenant-view.ts'
import type { Sql } from '#postgres/pool.ts'
import { load } from '#snapshot/loader.ts'
import { SeededHash } from '#snapshot/seeded-hash.ts'
import { viewOf } from '#snapshot/tenant-view.ts'

/** What a load of everything, this moment, says: the measure of what the feed made. */
export async function freshViews(sql: Sql): Promise<ReadonlyMap<string, TenantView>> {
  const loaded = await load({
    sql,
    hash: new SeededHash(new Uint32Array([9, 9])),
    onPoison: () => {},
    monotonic: () => performance.now(),
  })
  return new Map(loaded.tenants.map((data) => [data.id, viewOf(data)]))
}
