const chunkBytes = 1024 * 1024
const bytesKept = 16 * chunkBytes

/**
 * Bytes outside of the heap that are used again. Large texts on it outlive the collections of young objects, and all
 * questions wait while thousands of them are given back to the system.
 */
export class HeldBytes {
  readonly #chunks: Buffer[] = []
  #at = 0
  #used = 0

  /** So many of them, with anything in them, until they are let go. */
  take(size: number): Buffer {
    let chunk = this.#chunks[this.#at]
    while (chunk !== undefined && chunk.length - this.#used < size) {
      chunk = this.#chunks[++this.#at]
      this.#used = 0
    }
    if (chunk === undefined) {
      chunk = Buffer.allocUnsafeSlow(Math.max(size, chunkBytes))
      this.#chunks.push(chunk)
    }
    const from = this.#used
    this.#used += size
    return chunk.subarray(from, this.#used)
  }

  /** Nobody may look at what was taken any more. */
  letGo(): void {
    let [chunks, bytes] = [0, 0]
    for (const { length } of this.#chunks) {
      bytes += length
      if (bytes <= bytesKept) chunks++
    }
    this.#chunks.length = chunks
    this.#at = 0
    this.#used = 0
  }
}
