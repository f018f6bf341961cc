import { hash } from 'node:crypto'

/** What the proofs of all rows of a pack have in common. */
type Pack = {
  readonly table_name: string
  readonly op: string
  /** What most rows say, and the columns that are null in most: JSON. */
  readonly key: string
  /** Of all rows, 16 and 32 bytes each. */
  readonly salt: Uint8Array | null
  readonly hash: Uint8Array
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
  /** In hex: a digest as text costs a third of one as a buffer. */
  readonly #hashes: string

  constructor({ table_name, op, key, salt, hash: hashes }: Pack) {
    const said = nulls.test(key) ? Buffer.from(key) : hash('sha256', key, 'buffer')
    this.#common = Buffer.concat([table_name, op, said].flatMap((field) => framed(Buffer.from(field))))
    this.#salts = bytesOf(salt ?? new Uint8Array())
    this.#hashes = bytesOf(hashes).toString('hex')
  }

  /** Whether the line of the nth row, from 0, is what was hashed. */
  holds(n: number, line: string): boolean {
    const lengthAt = commonAt + this.#common.length
    if (scratch.length < lengthAt + 4 + 3 * line.length) {
      scratch = Buffer.alloc(2 * (lengthAt + 4 + 3 * line.length))
      owner = undefined
    }
    if (owner !== this) {
      scratch.writeInt32BE(saltBytes, 0)
      this.#common.copy(scratch, commonAt)
      owner = this
    }
    if (this.#salts.copy(scratch, saltAt, n * saltBytes, (n + 1) * saltBytes) < saltBytes) return false
    const length = scratch.write(line, lengthAt + 4)
    scratch.writeInt32BE(length, lengthAt)
    const found = hash('sha256', scratch.subarray(0, lengthAt + 4 + length), 'hex')
    return this.#hashes.slice(n * hashDigits, (n + 1) * hashDigits) === found
  }

  /** Whether the nth row's image was erased. */
  isErased(n: number): boolean {
    for (let at = n * saltBytes; at < (n + 1) * saltBytes; at++)
      if (this.#salts[at] !== 0) return this.#salts[at] === undefined
    return true
  }
}

function framed(field: Buffer): readonly Buffer[] {
  const length = Buffer.alloc(4)
  length.writeInt32BE(field.length)
  return [length, field]
}

function bytesOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
