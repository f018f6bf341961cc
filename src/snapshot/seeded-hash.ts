/**
 * HalfSipHash-1-3 under a secret key, to 32 bits: whoever chooses ids or subs cannot choose collisions (V56).
 */
export class SeededHash {
  readonly #k0: number
  readonly #k1: number
  #words = new Uint32Array(16)

  /** Two random 32-bit words. */
  constructor(key: Uint32Array) {
    this.#k0 = (key[0] ?? 0) | 0
    this.#k1 = (key[1] ?? 0) | 0
  }

  uuid(words: Uint32Array): number {
    return this.#hash(words, 4, 16)
  }

  bytes(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start
    const count = Math.ceil(length / 4)
    if (this.#words.length < count) this.#words = new Uint32Array(2 * count)
    for (let i = 0, at = start; at < end; i++, at += 4) {
      let word = bytes[at] as number
      if (at + 1 < end) word |= (bytes[at + 1] as number) << 8
      if (at + 2 < end) word |= (bytes[at + 2] as number) << 16
      if (at + 3 < end) word |= (bytes[at + 3] as number) << 24
      this.#words[i] = word
    }
    return this.#hash(this.#words, count, length)
  }

  #hash(of: Uint32Array, words: number, length: number): number {
    let v0 = this.#k0
    let v1 = this.#k1
    let v2 = 0x6c796765 ^ this.#k0
    let v3 = 0x74656462 ^ this.#k1
    // One round a word, one for the length, three to finish.
    for (let i = 0; i < words + 4; i++) {
      const m = i < words ? (of[i] as number) : i === words ? length : 0
      if (i === words + 1) v2 ^= 0xff
      v3 ^= m
      v0 = (v0 + v1) | 0
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
      v0 = (v0 << 16) | (v0 >>> 16)
      v2 = (v2 + v3) | 0
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
      v0 = (v0 + v3) | 0
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
      v2 = (v2 + v1) | 0
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
      v2 = (v2 << 16) | (v2 >>> 16)
      v0 ^= m
    }
    return (v1 ^ v3) >>> 0
  }
}
