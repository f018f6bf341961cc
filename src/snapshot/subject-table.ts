import type { SubjectRow } from '#core/tenant-view.ts'
import { Slab } from './slab.ts'

const present = 1
const service = 2
const gone = 4
const dated = 8
const flags = 0
const notBefore = 2

/** The subjects' rows by slot. */
export class SubjectTable {
  readonly #slab = new Slab(4)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** `tokensNotBefore` in ms, NaN for none. */
  set(slot: number, kind: SubjectRow['kind'], deleted: boolean, tokensNotBefore: number): void {
    this.#slab.reserve(slot)
    if (this.#slab.get(slot, flags) === 0) this.#size++
    const bits =
      present |
      (kind === 'service' ? service : 0) |
      (deleted ? gone : 0) |
      (Number.isNaN(tokensNotBefore) ? 0 : dated)
    this.#slab.set(slot, flags, bits)
    this.#slab.setFloat(slot, notBefore, tokensNotBefore)
  }

  delete(slot: number): void {
    if (this.#slab.peek(slot, flags) === 0) return
    this.#slab.set(slot, flags, 0)
    this.#size--
  }

  get(slot: number, id: string): SubjectRow | undefined {
    const bits = this.#slab.peek(slot, flags)
    if (bits === 0) return undefined
    return {
      id,
      kind: bits & service ? 'service' : 'user',
      deleted: (bits & gone) !== 0,
      ...(bits & dated && { tokens_not_before: this.#slab.float(slot, notBefore) }),
    }
  }
}
