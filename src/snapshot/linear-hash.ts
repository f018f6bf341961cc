import { Slab } from './slab.ts'

const entryHash = 0
const entryNext = 1

/**
 * Hash → entry numbers, kept outside the heap. Linear hashing: each addition splits at most one bucket,
 * so there is never a pause to rehash, however large it grows. The owner of the entries compares keys.
 */
export class LinearHash {
  readonly #entries = new Slab(2)
  // Two buckets a record.
  readonly #buckets = new Slab(2)
  #bucketCount = 1
  #floor = 1
  #size = 0

  get size(): number {
    return this.#size
  }

  /** First entry with this hash, or 0. */
  first(hash: number): number {
    return this.#matching(this.#head(this.#bucketOf(hash)), hash)
  }

  /** The next entry with the same hash, or 0. */
  after(entry: number): number {
    return this.#matching(this.#entries.get(entry, entryNext), this.#entries.get(entry, entryHash))
  }

  add(hash: number, entry: number): void {
    this.#entries.reserve(entry)
    this.#entries.set(entry, entryHash, hash)
    this.#link(this.#bucketOf(hash), entry)
    this.#size++
    if (this.#size > this.#bucketCount) this.#split()
  }

  remove(entry: number): void {
    const bucket = this.#bucketOf(this.#entries.get(entry, entryHash))
    const next = this.#entries.get(entry, entryNext)
    let at = this.#head(bucket)
    if (at === entry) this.#setHead(bucket, next)
    else {
      while (at !== 0 && this.#entries.get(at, entryNext) !== entry) at = this.#entries.get(at, entryNext)
      if (at === 0) throw new RangeError('The entry is not in the index.')
      this.#entries.set(at, entryNext, next)
    }
    this.#size--
  }

  #matching(from: number, hash: number): number {
    let entry = from
    while (entry !== 0 && this.#entries.get(entry, entryHash) !== hash) {
      entry = this.#entries.get(entry, entryNext)
    }
    return entry
  }

  /** `floor` is the largest power of two not above the number of buckets; those beyond it are split already. */
  #bucketOf(hash: number): number {
    const low = hash & (this.#floor - 1)
    const high = low | (hash & this.#floor)
    return high < this.#bucketCount ? high : low
  }

  #split(): void {
    const fresh = this.#bucketCount
    const old = fresh - this.#floor
    this.#buckets.reserve(fresh >>> 1)
    let entry = this.#head(old)
    this.#setHead(old, 0)
    this.#setHead(fresh, 0)
    this.#bucketCount++
    while (entry !== 0) {
      const next = this.#entries.get(entry, entryNext)
      const stays = (this.#entries.get(entry, entryHash) & this.#floor) === 0
      this.#link(stays ? old : fresh, entry)
      entry = next
    }
    if (this.#bucketCount === this.#floor * 2) this.#floor *= 2
  }

  #link(bucket: number, entry: number): void {
    this.#entries.set(entry, entryNext, this.#head(bucket))
    this.#setHead(bucket, entry)
  }

  #head(bucket: number): number {
    return this.#buckets.get(bucket >>> 1, bucket & 1)
  }

  #setHead(bucket: number, entry: number): void {
    this.#buckets.set(bucket >>> 1, bucket & 1, entry)
  }
}
