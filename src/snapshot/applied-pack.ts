import type { Row } from './row.ts'

/** Rows of a pack, which are read one by one: as objects they would outlive a collection of garbage by the thousand. */
export type AppliedPack = {
  readonly table_name: string
  readonly op: string
  /** What a row says where its line says nothing. */
  readonly usual: Row | undefined
  /** JSON of the rows; empty where one was pruned. */
  readonly lines: string
}

/** The lines that are not empty, with their places from 0. */
export function* linesOf(lines: string): Generator<readonly [number, string]> {
  let n = 0
  for (let at = 0; at <= lines.length; n++) {
    const found = lines.indexOf('\n', at)
    const end = found === -1 ? lines.length : found
    if (end > at) yield [n, lines.slice(at, end)]
    at = end + 1
  }
}
