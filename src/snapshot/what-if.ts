import type { WhatIf } from '#core/what-if.ts'
import { type AppliedEffect, applyChange } from './apply-change.ts'
import { mergedView, nameOf } from './merged-view.ts'
import { Pace } from './pace.ts'
import type { Row } from './row.ts'
import type { SeededHash } from './seeded-hash.ts'
import { isSmallTable, type SmallTable, smallTables } from './small-tables.ts'
import { TenantData } from './tenant-data.ts'
import { viewOf } from './tenant-view.ts'
import { addTouched, type TouchedHolders } from './touched-by.ts'

/** A changed row, or the key of one that is gone. */
type Changed = { readonly table: string; readonly row: Row; readonly effect: AppliedEffect }

/**
 * A tenant as it is and as effects would leave it. The changed rows are read by what applies the feed, into data of
 * their own; all others stay where they are, and go on following the feed. Yields, for effects may be many.
 */
export async function whatIf(
  data: TenantData,
  effects: readonly AppliedEffect[],
  hash: SeededHash,
): Promise<WhatIf> {
  const pace = new Pace()
  const small: Changed[] = []
  const big: Changed[] = []
  for (const effect of effects) {
    const table = effect.table_name
    const list = isSmallTable(table) ? small : big
    list.push({ table, row: JSON.parse(effect.after ?? effect.key) as Row, effect })
    if (pace.due()) await pace.rest()
  }

  // Of one revision and one catalogue, whatever the feed does meanwhile.
  const before = { ...viewOf(data) }
  const changed = new TenantData(data.id, data.place, { hash, onPoison: () => {} })
  const newTree = big.some(({ table }) => table === 'organizations')
  const pools = poolsIn(big)
  if (small.length > 0) copyRows(data, changed)
  else changed.catalogue = data.catalogue
  changed.routes = data.routes
  if (newTree) data.organizations.copyTo(changed.organizations)
  for (const pool of pools) copyPool(data, changed, pool)
  const smallEffects = small.map(({ effect }) => effect)
  applyChange(changed, smallEffects, data.place)
  if (small.length > 0) changed.rebuild()

  const hidden = new Map<string, Set<string>>()
  const after = mergedView(before, { ...viewOf(changed) }, { hidden, pools, newTree })
  const touched: TouchedHolders = new Map()
  for (const { table, row, effect } of big) {
    applyChange(changed, [effect], data.place)
    hidden.set(table, (hidden.get(table) ?? new Set()).add(nameOf(table, row)))
    addTouched(touched, table, row, [before, after])
    if (pace.due()) await pace.rest()
  }
  for (const subject of subjectsSeated(data, changed, pools)) touched.set(subject, 'all')
  return {
    before,
    after,
    *subjects() {
      yield* subjectsOf(data)
      for (const id of subjectsOf(changed)) if (!before.subject(id)) yield id
    },
    touched,
  }
}

function copyRows(from: TenantData, to: TenantData): void {
  for (const table of Object.keys(smallTables) as SmallTable[])
    for (const row of from.rows.all(table)) to.rows.put(table, row)
}

/** Pools of which a seat, a purchase or the rule changes: then it may for each of its seats whether it counts. */
function poolsIn(rows: readonly Changed[]): ReadonlySet<string> {
  const pools = new Set<string>()
  for (const { table, row } of rows) {
    if (table === 'seat_pools') pools.add(String(row.id))
    else if (typeof row.pool_id === 'string' && (table === 'seats' || table === 'grants'))
      pools.add(row.pool_id)
  }
  return pools
}

function copyPool(from: TenantData, to: TenantData, pool: string): void {
  from.pools.copyTo(to.pools, pool)
  const slot = to.ids.intern(pool)
  from.seats.eachOf(from.ids.find(pool), (seat, subject, at) => {
    to.seats.put(seat, to.ids.intern(from.ids.text(subject)), slot, at)
  })
}

/** Whose seats may stop counting, or count again, for what others do. */
function* subjectsSeated(
  data: TenantData,
  changed: TenantData,
  pools: ReadonlySet<string>,
): Iterable<string> {
  for (const pool of pools) {
    if (![data, changed].some((each) => each.pools.rule(pool) === 'suspend_newest')) continue
    const found: string[] = []
    changed.seats.eachOf(changed.ids.find(pool), (_seat, subject) => found.push(changed.ids.text(subject)))
    yield* found
  }
}

function* subjectsOf(data: TenantData): Iterable<string> {
  for (let slot = 1; slot <= data.ids.size; slot++) {
    const id = data.ids.text(slot)
    if (data.subjects.get(slot, id)) yield id
  }
}
