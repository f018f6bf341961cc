import { LinearHash } from './linear-hash.ts'
import type { SeededHash } from './seeded-hash.ts'
import { Slab } from './slab.ts'
import { parseUuid, uuidText } from './uuid.ts'

const mostRecent = 64

/**
 * UUID ↔ slot (1, 2, …; 0 is none). Slots are never given back: they number the ids seen since the tenant was loaded.
 */
export class UuidIndex {
  readonly #hash: SeededHash
  readonly #index = new LinearHash()
  readonly #slab = new Slab(4)
  readonly #scratch = new Uint32Array(4)
  /** The words of the text that was looked for last. */
  readonly #words = new Uint32Array(4)
  #text: string | undefined
  /** Rows of a change name the same people and rights again and again. */
  readonly #recent: string[] = new Array(mostRecent).fill('')
  readonly #recentSlots = new Uint32Array(mostRecent)

  constructor(hash: SeededHash) {
    this.#hash = hash
  }

  get size(): number {
    return this.#slab.last
  }

  // One question looks for the same subject six times: reading its text costs more than finding it.
  find(text: string): number {
    if (text !== this.#text) {
      if (!parseUuid(text, this.#words)) return 0
      this.#text = text
    }
    return this.findWords(this.#words)
  }

  findWords(words: Uint32Array): number {
    return this.#lookUp(this.#hash.uuid(words), words)
  }

  /** Slot of the text, made if new; 0 if it is no UUID. */
  intern(text: string): number {
    // Found by their last digits: a Map would keep each text that it is asked for as one of its runtime's unique texts.
    const at = ((text.charCodeAt(34) << 4) ^ text.charCodeAt(35)) & (mostRecent - 1)
    if (this.#recent[at] === text) return this.#recentSlots[at] as number
    const slot = parseUuid(text, this.#scratch) ? this.internWords(this.#scratch) : 0
    this.#recent[at] = text
    this.#recentSlots[at] = slot
    return slot
  }

  internWords(words: Uint32Array): number {
    const hash = this.#hash.uuid(words)
    const known = this.#lookUp(hash, words)
    if (known !== 0) return known
    const slot = this.#allocate(words)
    this.#index.add(hash, slot)
    return slot
  }

  #allocate(words: Uint32Array): number {
    const slot = this.#slab.allocate()
    for (let i = 0; i < 4; i++) this.#slab.set(slot, i, words[i] as number)
    return slot
  }

  text(slot: number): string {
    const slab = this.#slab
    return uuidText(slab.get(slot, 0), slab.get(slot, 1), slab.get(slot, 2), slab.get(slot, 3))
  }

  #lookUp(hash: number, words: Uint32Array): number {
    const slab = this.#slab
    let slot = this.#index.first(hash)
    while (slot !== 0) {
      const same =
        slab.get(slot, 0) === words[0] &&
        slab.get(slot, 1) === words[1] &&
        slab.get(slot, 2) === words[2] &&
        slab.get(slot, 3) === words[3]
      if (same) return slot
      slot = this.#index.after(slot)
    }
    return 0
  }
}
