const baseBits = 6
const base = 1 << baseBits

/**
 * Fixed-width records of 32-bit words in shared memory, addressed by index. Record 0 is never given out: it means "none".
 * Memory comes in segments that double, so growing copies nothing and pauses nobody; untouched pages cost nothing.
 */
export class Slab {
  /** Words a record takes; even, so that any even word can hold a double. */
  readonly width: number
  readonly #words: Uint32Array[] = []
  readonly #floats: Float64Array[] = []
  #capacity = 0
  #next = 1
  #free = 0

  constructor(width: number) {
    if (width % 2 !== 0) throw new RangeError('A record takes an even number of words.')
    this.width = width
    this.reserve(0)
  }

  /** The last record that was ever given out. */
  get last(): number {
    return this.#next - 1
  }

  /** Makes the index usable; new memory is zero. */
  reserve(index: number): void {
    while (index >= this.#capacity) {
      const records = base << this.#words.length
      const memory = new SharedArrayBuffer(records * this.width * 4)
      this.#words.push(new Uint32Array(memory))
      this.#floats.push(new Float64Array(memory))
      this.#capacity += records
    }
  }

  /** A record for use, from the free list or new. Only word 0 of a reused one is cleared. */
  allocate(): number {
    const reused = this.#free
    if (reused !== 0) {
      this.#free = this.get(reused, 0)
      this.set(reused, 0, 0)
      return reused
    }
    this.reserve(this.#next)
    return this.#next++
  }

  release(index: number): void {
    this.set(index, 0, this.#free)
    this.#free = index
  }

  get(index: number, word: number): number {
    const at = index + base
    const segment = 31 - baseBits - Math.clz32(at)
    return (this.#words[segment] as Uint32Array)[(at - (base << segment)) * this.width + word] as number
  }

  set(index: number, word: number, value: number): void {
    const at = index + base
    const segment = 31 - baseBits - Math.clz32(at)
    ;(this.#words[segment] as Uint32Array)[(at - (base << segment)) * this.width + word] = value
  }

  /** The double in the two words from `word`, which is even. */
  float(index: number, word: number): number {
    const at = index + base
    const segment = 31 - baseBits - Math.clz32(at)
    const position = (at - (base << segment)) * this.width + word
    return (this.#floats[segment] as Float64Array)[position >>> 1] as number
  }

  setFloat(index: number, word: number, value: number): void {
    const at = index + base
    const segment = 31 - baseBits - Math.clz32(at)
    const position = (at - (base << segment)) * this.width + word
    ;(this.#floats[segment] as Float64Array)[position >>> 1] = value
  }

  /** Get, where the index may never have been reserved: then 0. */
  peek(index: number, word: number): number {
    return index < this.#capacity ? this.get(index, word) : 0
  }
}
