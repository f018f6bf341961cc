const unit = 16
const firstSegment = 64
/** Longer texts do not fit; the owner keeps them otherwise. */
export const longestText = firstSegment * unit

/**
 * Bytes of short texts in shared memory, in blocks of 16 bytes. A freed block is reused by the next text of its size.
 * A position is a number of units; a block never spans two segments.
 */
export class TextStore {
  readonly #segments: Buffer[] = []
  readonly #free: number[][] = []
  #end = 0
  #next = 0

  /** Copies the bytes in and answers where they are. */
  write(bytes: Buffer, start: number, end: number): number {
    const units = unitsOf(end - start)
    const position = this.#free[units]?.pop() ?? this.#take(units)
    const [buffer, offset] = this.at(position)
    bytes.copy(buffer, offset, start, end)
    return position
  }

  free(position: number, length: number): void {
    const units = unitsOf(length)
    const list = this.#free[units]
    if (list === undefined) this.#free[units] = [position]
    else list.push(position)
  }

  /** The buffer and the offset of a position. */
  at(position: number): readonly [Buffer, number] {
    const at = position + firstSegment
    const segment = 25 - Math.clz32(at)
    return [this.#segments[segment] as Buffer, (at - (firstSegment << segment)) * unit]
  }

  #take(units: number): number {
    if (this.#next + units > this.#end) {
      this.#next = this.#end
      const size = firstSegment << this.#segments.length
      this.#segments.push(Buffer.from(new SharedArrayBuffer(size * unit)))
      this.#end += size
    }
    const position = this.#next
    this.#next += units
    return position
  }
}

function unitsOf(length: number): number {
  return Math.max(1, Math.ceil(length / unit))
}
