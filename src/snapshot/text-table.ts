import { LinearHash } from './linear-hash.ts'
import type { SeededHash } from './seeded-hash.ts'
import { Slab } from './slab.ts'
import { longestText, TextStore } from './text-store.ts'

const references = 0
const position = 1
const byteLength = 2

/**
 * Text ↔ number (0 is none) for what varies by row: source references, values, subs. Counts its users, so that
 * a text nobody has any more gives its place back. Outside the heap, but for the rare text above 1 KiB.
 */
export class TextTable {
  readonly #hash: SeededHash
  readonly #index = new LinearHash()
  readonly #entries = new Slab(4)
  readonly #store = new TextStore()
  readonly #long = new Map<number, Buffer>()
  #scratch = Buffer.alloc(longestText * 2)
  #lastText: string | undefined
  #last = 0

  constructor(hash: SeededHash) {
    this.#hash = hash
  }

  get size(): number {
    return this.#index.size
  }

  find(text: string): number {
    // A lone surrogate would be written as U+FFFD, which is another text.
    if (!text.isWellFormed()) return 0
    const length = this.#encode(text)
    return this.#lookUp(this.#hash.bytes(this.#scratch, 0, length), this.#scratch, 0, length)
  }

  /** The text's number, with one user more. */
  intern(text: string): number {
    // The rows of an import say the same reference.
    if (text === this.#lastText) {
      this.#entries.set(this.#last, references, this.#entries.get(this.#last, references) + 1)
      return this.#last
    }
    const length = this.#encode(text.toWellFormed())
    this.#last = this.internBytes(this.#scratch, 0, length)
    this.#lastText = text
    return this.#last
  }

  internBytes(bytes: Buffer, start: number, end: number): number {
    const hash = this.#hash.bytes(bytes, start, end)
    const known = this.#lookUp(hash, bytes, start, end)
    if (known !== 0) {
      this.#entries.set(known, references, this.#entries.get(known, references) + 1)
      return known
    }
    const entry = this.#entries.allocate()
    this.#entries.set(entry, references, 1)
    this.#entries.set(entry, byteLength, end - start)
    if (end - start > longestText) this.#long.set(entry, Buffer.from(bytes.subarray(start, end)))
    else this.#entries.set(entry, position, this.#store.write(bytes, start, end))
    this.#index.add(hash, entry)
    return entry
  }

  /** One user less. */
  release(entry: number): void {
    if (entry === 0) return
    const left = this.#entries.get(entry, references) - 1
    this.#entries.set(entry, references, left)
    if (left > 0) return
    if (entry === this.#last) this.#lastText = undefined
    this.#index.remove(entry)
    const length = this.#entries.get(entry, byteLength)
    if (!this.#long.delete(entry)) this.#store.free(this.#entries.get(entry, position), length)
    // A place on the free list has something else where its users were counted.
    this.#entries.set(entry, byteLength, 0)
    this.#entries.release(entry)
  }

  /** The numbers in use, but for the empty text's. */
  *entries(): Iterable<number> {
    for (let entry = 1; entry <= this.#entries.last; entry++)
      if (this.#entries.get(entry, byteLength) > 0) yield entry
  }

  text(entry: number): string {
    if (entry === 0) return ''
    const long = this.#long.get(entry)
    if (long !== undefined) return long.toString('utf8')
    const [buffer, offset] = this.#store.at(this.#entries.get(entry, position))
    return buffer.toString('utf8', offset, offset + this.#entries.get(entry, byteLength))
  }

  #encode(text: string): number {
    if (text.length * 3 > this.#scratch.length) this.#scratch = Buffer.alloc(text.length * 3)
    return this.#scratch.write(text, 'utf8')
  }

  #lookUp(hash: number, bytes: Buffer, start: number, end: number): number {
    let entry = this.#index.first(hash)
    while (entry !== 0) {
      if (this.#equals(entry, bytes, start, end)) return entry
      entry = this.#index.after(entry)
    }
    return 0
  }

  #equals(entry: number, bytes: Buffer, start: number, end: number): boolean {
    const length = this.#entries.get(entry, byteLength)
    if (length !== end - start) return false
    const long = this.#long.get(entry)
    if (long !== undefined) return long.compare(bytes, start, end) === 0
    const [buffer, offset] = this.#store.at(this.#entries.get(entry, position))
    return buffer.compare(bytes, start, end, offset, offset + length) === 0
  }
}
