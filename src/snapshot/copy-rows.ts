import type { Readable } from 'node:stream'
import { instantOfBytes } from './instant.ts'
import type { Pace } from './pace.ts'
import { readUuid } from './uuid.ts'

/** One row of a binary COPY, valid during the call that gets it. */
export class CopyRow {
  bytes: Buffer = Buffer.alloc(0)
  readonly starts: Int32Array
  /** -1: null. */
  readonly lengths: Int32Array

  constructor(fields: number) {
    this.starts = new Int32Array(fields)
    this.lengths = new Int32Array(fields)
  }

  isNull(field: number): boolean {
    return this.lengths[field] === -1
  }

  start(field: number): number {
    return this.starts[field] as number
  }

  end(field: number): number {
    return this.start(field) + (this.lengths[field] as number)
  }

  uuid(field: number, into: Uint32Array): Uint32Array {
    readUuid(this.bytes, this.start(field), into)
    return into
  }

  text(field: number): string {
    return this.bytes.toString('utf8', this.start(field), this.end(field))
  }

  /** Milliseconds, NaN for null. */
  instant(field: number): number {
    return this.isNull(field) ? Number.NaN : instantOfBytes(this.bytes, this.start(field))
  }
}

const headerLength = 19
const largestPiece = 16_384

/** Reads `copy (…) to stdout (format binary)`, resting between slices. `onRow` must not throw or keep the row. */
export async function readCopy(
  stream: Readable,
  fields: number,
  pace: Pace,
  onRow: (row: CopyRow) => void,
): Promise<void> {
  const row = new CopyRow(fields)
  let rest: Buffer = Buffer.alloc(0)
  let skip = headerLength
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    for (let from = 0; from < chunk.length; from += largestPiece) {
      const piece = chunk.subarray(from, from + largestPiece)
      const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece])
      if (bytes.length < skip) {
        rest = bytes
        continue
      }
      let at = skip
      skip = 0
      row.bytes = bytes
      for (let next = locate(row, at); next !== -1; next = locate(row, at)) {
        onRow(row)
        at = next
      }
      rest = bytes.subarray(at)
      if (pace.due()) await pace.rest()
    }
  }
  // The driver pauses its socket when rows come faster than they are read, and lets go only on the next read. Where
  // the end of the COPY came in the same piece there is none, and the connection would wait for ever.
  stream._read(0)
  if (rest.length !== 2 || rest.readInt16BE(0) !== -1) throw new Error('The COPY ended before its trailer.')
}

/** Finds the fields of the row at a position: the position after it, or -1 where it is not whole. */
function locate(row: CopyRow, from: number): number {
  const { bytes, starts, lengths } = row
  let at = from
  if (at + 2 > bytes.length || bytes.readInt16BE(at) === -1) return -1
  at += 2
  for (let field = 0; field < starts.length; field++) {
    if (at + 4 > bytes.length) return -1
    const length = bytes.readInt32BE(at)
    at += 4
    starts[field] = at
    lengths[field] = length
    if (length > 0) at += length
  }
  return at > bytes.length ? -1 : at
}
