import { bigTables, putRow } from './big-tables.ts'
import type { Row } from './row.ts'
import { salvage } from './salvage.ts'
import { isSmallTable, type SmallTable } from './small-tables.ts'
import type { Place, TenantData } from './tenant-data.ts'
import type { Touched } from './touched.ts'

export type AppliedEffect = {
  readonly table_name: string
  readonly op: string
  /** JSON of the primary key's columns. */
  readonly key: string
  /** JSON of the row; null where it was deleted. */
  readonly after: string | null
  /** Where that was read already. */
  readonly row?: Row | undefined
}

// Who may call does not change what anybody is entitled to.
const withoutBearing = new Set(['callers', 'caller_keys'])

/** Brings a tenant to the next place in its history: synchronous, so that no question sees half of it. */
export function applyChange(
  data: TenantData,
  effects: readonly AppliedEffect[],
  place: Place,
  touched: Touched = { subjects: new Set(), tenant_wide: false },
): Touched {
  data.reveal()
  const changed = new Set<SmallTable>()
  for (const effect of effects) {
    const table = effect.table_name
    if (!isSmallTable(table)) {
      applyBig(data, effect, touched)
      continue
    }
    changed.add(table)
    if (!withoutBearing.has(table)) touched.tenant_wide = true
    if (effect.after === null) data.rows.delete(table, JSON.parse(effect.key) as Row)
    else data.rows.put(table, rowOf(effect, effect.after))
  }
  if (changed.size > 0) data.rebuild(changed)
  data.place = place
  return touched
}

function rowOf({ row }: AppliedEffect, after: string): Row {
  return row ?? (JSON.parse(after) as Row)
}

function applyBig(data: TenantData, effect: AppliedEffect, touched: Touched): void {
  const { table_name: table, after } = effect
  if (after !== null) putRow(table, data, rowOf(effect, after), touched)
  else {
    salvage(table, data.onPoison, () =>
      bigTables[table]?.remove(data, JSON.parse(effect.key) as Row, touched),
    )
  }
}
