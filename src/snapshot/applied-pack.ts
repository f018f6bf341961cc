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

/** Goes through the lines that are not empty, from the first. */
export class Lines {
  /** The place of the line, from 0. */
  n = -1
  line = ''
  readonly #lines: string
  #at = 0

  constructor(lines: string) {
    this.#lines = lines
  }

  /** False after the last. */
  next(): boolean {
    const { length } = this.#lines
    while (this.#at <= length) {
      const start = this.#at
      const found = this.#lines.indexOf('\n', start)
      const end = found === -1 ? length : found
      this.#at = end + 1
      this.n++
      if (end === start) continue
      this.line = this.#lines.slice(start, end)
      return true
    }
    return false
  }
}
