import type { Row } from './row.ts'

/** The tables whose rows are kept as they are, with their primary keys (after tenant_id). All but the last three make the catalogue. */
export const smallTables = {
  tenants: [],
  modules: ['key'],
  issuers: ['id'],
  entitlements: ['id'],
  entitlement_families: ['pattern', 'entitlement_id'],
  products: ['id'],
  product_entitlements: ['product_id', 'surface'],
  resources: ['kind', 'key'],
  plans: ['id'],
  plan_versions: ['id'],
  plan_items: ['plan_version_id', 'id'],
  routes: ['id'],
  callers: ['id'],
  caller_keys: ['id'],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type SmallTable = keyof typeof smallTables

export function isSmallTable(name: string): name is SmallTable {
  return Object.hasOwn(smallTables, name)
}

/** Rows of one tenant's small tables, by primary key. */
export class SmallRows {
  readonly #tables = new Map<SmallTable, Map<string, Row>>()

  put(table: SmallTable, row: Row): void {
    let rows = this.#tables.get(table)
    if (rows === undefined) {
      rows = new Map()
      this.#tables.set(table, rows)
    }
    rows.set(keyOf(table, row), row)
  }

  delete(table: SmallTable, key: Row): void {
    this.#tables.get(table)?.delete(keyOf(table, key))
  }

  get(table: SmallTable, key: Row): Row | undefined {
    return this.#tables.get(table)?.get(keyOf(table, key))
  }

  all(table: SmallTable): Iterable<Row> {
    return this.#tables.get(table)?.values() ?? []
  }
}

// JSON of a list, so that no two keys give the same text (V8).
function keyOf(table: SmallTable, row: Row): string {
  const columns: readonly string[] = smallTables[table]
  return columns.length === 1
    ? String(row[columns[0] as string])
    : JSON.stringify(columns.map((column) => row[column]))
}
