import type { Readable } from 'node:stream'
import type { Sql, Tx } from '#postgres/pool.ts'
import { readFeed } from '#postgres/read-feed.ts'
import { putRow } from './big-tables.ts'
import { readCopy } from './copy-rows.ts'
import { bigTableLoads } from './load-big-tables.ts'
import { Pace } from './pace.ts'
import { readHeads } from './read-news.ts'
import type { Row } from './row.ts'
import { type OnPoison, salvage } from './salvage.ts'
import type { SeededHash } from './seeded-hash.ts'
import type { PrimaryState } from './server-state.ts'
import { isSmallTable, smallTables } from './small-tables.ts'
import { TenantData } from './tenant-data.ts'
import type { Touched } from './touched.ts'
import { isUuid } from './uuid.ts'
import { UuidIndex } from './uuid-index.ts'

type Needs = {
  readonly sql: Sql
  readonly hash: SeededHash
  readonly onPoison: OnPoison
  readonly monotonic: () => number
}

/** Tables of few rows that are kept in structures of their own. */
const rowTables = ['organizations', 'seat_pools', 'delegations']
/** Nobody watches a load. */
const untold: Touched = { subjects: new Set(), tenant_wide: false }

export type Loaded = PrimaryState & { readonly tenants: readonly TenantData[] }

/** Reads the named tenants, or all, as of one moment, in slices. Those named but not there are left out. */
export function load(needs: Needs, tenants?: readonly string[]): Promise<Loaded> {
  return readFeed(needs.sql, async (tx) => {
    const pace = new Pace()
    // In the same snapshot as the rows: the feed goes on from here.
    const { heads, ...state } = await readHeads(tx, tenants, needs.monotonic)
    const filter = filterOf(tenants)
    const loading = new Map<string, TenantData>()
    for (const { tenant_id, ...place } of heads)
      loading.set(tenant_id, new TenantData(tenant_id, place, needs))
    for (const table of [...Object.keys(smallTables), ...rowTables]) {
      await loadSmall(tx, table, filter, loading, pace)
    }
    for (const table of Object.keys(bigTableLoads)) await loadBig(tx, table, filter, loading, needs, pace)
    for (const data of loading.values()) {
      data.rebuild()
      if (pace.due()) await pace.rest()
    }
    return { tenants: [...loading.values()], ...state }
  })
}

// COPY takes no parameters, so the ids are checked and written out.
function filterOf(tenants: readonly string[] | undefined): string {
  if (tenants === undefined) return 'true'
  const ids = tenants.filter(isUuid).map((id) => `'${id}'`)
  return ids.length === 0 ? 'false' : `tenant_id in (${ids.join(', ')})`
}

async function loadSmall(
  tx: Tx,
  table: string,
  filter: string,
  loading: ReadonlyMap<string, TenantData>,
  pace: Pace,
): Promise<void> {
  const query = tx.unsafe<{ row: Row }[]>(
    `select to_jsonb(t) as row from vouchsafe.${table} t where ${filter}`,
  )
  for await (const rows of query.cursor(500)) {
    for (const { row } of rows) {
      const data = loading.get(String(row.tenant_id))
      if (data === undefined) continue
      if (isSmallTable(table)) data.rows.put(table, row)
      else putRow(table, data, row, untold)
    }
    if (pace.due()) await pace.rest()
  }
}

async function loadBig(
  tx: Tx,
  table: string,
  filter: string,
  loading: ReadonlyMap<string, TenantData>,
  needs: Needs,
  pace: Pace,
): Promise<void> {
  const plan = bigTableLoads[table]
  if (plan === undefined) return
  const columns = ['tenant_id', ...plan.columns]
  const where = plan.where === undefined ? filter : `${filter} and ${plan.where}`
  const find = tenantFinder(loading, needs.hash)
  const copy = `copy (select ${columns.join(', ')} from vouchsafe.${plan.table ?? table} where ${where}) to stdout (format binary)`
  const stream = (await tx.unsafe(copy).readable()) as Readable
  const words = new Uint32Array(4)
  await readCopy(stream, columns.length, pace, (row) => {
    const data = find(row.uuid(0, words))
    if (data !== undefined) salvage(table, data.onPoison, () => plan.put(data, row))
  })
}

/** By the bytes of the id, without making text for each row. */
function tenantFinder(
  loading: ReadonlyMap<string, TenantData>,
  hash: SeededHash,
): (words: Uint32Array) => TenantData | undefined {
  const index = new UuidIndex(hash)
  const bySlot: (TenantData | undefined)[] = []
  for (const [id, data] of loading) bySlot[index.intern(id)] = data
  return (words) => bySlot[index.findWords(words)]
}
