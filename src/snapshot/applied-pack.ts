import type { Row } from './row.ts'

/** Rows of a pack, which are read one by one: as objects they would outlive a collection of garbage by the thousand. */
export type AppliedPack = {
  readonly table_name: string
  readonly op: string
  /** What a row says where its line says nothing. */
  readonly usual: Row | undefined
  /** JSON of the rows, one a line; empty where one was pruned. */
  readonly lines: Buffer
}
