import type { Row } from './row.ts'

/** Told of each row that could not be read. */
export type OnPoison = (table: string, reason: string) => void

/** Reads each row; one that is poison is reported and left out. */
export function readEach<T>(
  rows: Iterable<Row>,
  table: string,
  onPoison: OnPoison,
  read: (row: Row) => T,
): T[] {
  const results: T[] = []
  for (const row of rows) {
    const result = salvage(table, onPoison, () => read(row))
    if (result !== undefined) results.push(result)
  }
  return results
}

/**
 * The result, or undefined where the row is poison. Whatever is thrown counts as that:
 * no single row may stop the feed or a load.
 */
export function salvage<T>(table: string, onPoison: OnPoison, read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    onPoison(table, error instanceof Error ? error.message : String(error))
    return undefined
  }
}
