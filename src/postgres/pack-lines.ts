/** Goes through the lines of a pack that are not empty, from the first: JSON of a row, or nothing where one was pruned. */
export class PackLines {
  /** The place of the line, from 0. */
  n = -1
  /** Where it stands in the bytes. */
  start = 0
  end = -1
  readonly bytes: Buffer

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  get text(): string {
    return this.bytes.toString('utf8', this.start, this.end)
  }

  /** False after the last. */
  next(): boolean {
    const { length } = this.bytes
    while (this.end < length) {
      this.n++
      this.start = this.end + 1
      const found = this.bytes.indexOf(newline, this.start)
      this.end = found === -1 ? length : found
      if (this.end > this.start) return true
    }
    return false
  }
}

const newline = 0x0a
