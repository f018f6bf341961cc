import { hash } from 'node:crypto'
import type { PackLines } from './pack-lines.ts'

/** What the proofs of all rows of a pack have in common. */
type Pack = {
  readonly table_name: string
  readonly op: string
  /** What most rows say, and the columns that are null in most: JSON. */
  readonly key: string
  /** Of all rows, 16 bytes each. */
  readonly salts: Buffer
  /** Of all rows, 64 digits each: a digest as text costs a third of one as a buffer. */
  readonly hexHashes: Buffer
}

const saltBytes = 16
const hashDigits = 64
const saltAt = 4
const commonAt = saltAt + saltBytes
/** A pack that says only which columns are null in all of its rows, as they were once made. */
const nulls = /^\{("\w+": null(, (?=")|(?=\})))*\}$/

let scratch = Buffer.alloc(16_384)
let owner: PackProof | undefined

/** Proves the rows of a pack: as effectHash, but what is the same in all of them is put together once. */
export class PackProof {
  readonly #common: Buffer
  readonly #salts: Buffer
  readonly #hexHashes: Buffer

  constructor({ table_name, op, key, salts, hexHashes }: Pack) {
    const said = nulls.test(key) ? Buffer.from(key) : hash('sha256', key, 'buffer')
    this.#common = Buffer.concat([table_name, op, said].flatMap((field) => framed(Buffer.from(field))))
    this.#salts = salts
    this.#hexHashes = hexHashes
  }

  /** Whether the line is what was hashed. */
  holds({ n, bytes, start, end }: PackLines): boolean {
    const lengthAt = commonAt + this.#common.length
    const size = lengthAt + 4 + end - start
    if (scratch.length < size) {
      scratch = Buffer.alloc(2 * size)
      owner = undefined
    }
    if (owner !== this) {
      scratch.writeInt32BE(saltBytes, 0)
      this.#common.copy(scratch, commonAt)
      owner = this
    }
    if (this.#salts.length < (n + 1) * saltBytes) return false
    this.#salts.copy(scratch, saltAt, n * saltBytes, (n + 1) * saltBytes)
    scratch.writeInt32BE(end - start, lengthAt)
    bytes.copy(scratch, lengthAt + 4, start, end)
    const found = hash('sha256', scratch.subarray(0, size), 'hex')
    return this.#hexHashes.toString('latin1', n * hashDigits, (n + 1) * hashDigits) === found
  }

  /** Whether the nth row's image was erased. */
  isErased(n: number): boolean {
    for (let at = n * saltBytes; at < (n + 1) * saltBytes; at++) if (this.#salts[at] !== 0) return false
    return true
  }
}

function framed(field: Buffer): readonly Buffer[] {
  const length = Buffer.alloc(4)
  length.writeInt32BE(field.length)
  return [length, field]
}
