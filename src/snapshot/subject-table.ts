import type { SubjectRow } from '#core/tenant-view.ts'
import type { Curtain } from './curtain.ts'
import { Slab } from './slab.ts'

const present = 1
const service = 2
const gone = 4
const dated = 8
const flags = 0
const curtained = 1
const notBefore = 2

/** The subjects' rows by slot. */
export class SubjectTable {
  readonly #slab = new Slab(4)
  readonly #curtain: Curtain
  #size = 0
  #held: number[] = []

  constructor(curtain: Curtain) {
    this.#curtain = curtain
  }

  get size(): number {
    return this.#size
  }

  /** `tokensNotBefore` in ms, NaN for none. */
  set(slot: number, kind: SubjectRow['kind'], deleted: boolean, tokensNotBefore: number): void {
    this.#slab.reserve(slot)
    if (this.#slab.get(slot, flags) === 0) this.#size++
    this.#write(slot, kind, deleted, tokensNotBefore, 0)
  }

  /** Sets one that is not there, which is not found before the curtain is lifted. */
  hold(slot: number, kind: SubjectRow['kind'], deleted: boolean, tokensNotBefore: number): void {
    this.#slab.reserve(slot)
    this.#write(slot, kind, deleted, tokensNotBefore, this.#curtain.number)
    this.#held.push(slot)
  }

  get isHolding(): boolean {
    return this.#held.length > 0
  }

  /** The curtain is lifted. */
  reveal(): void {
    this.#size += this.#held.length
    this.#held = []
  }

  /** Forgets what was held and not revealed. */
  drop(): void {
    for (const slot of this.#held) this.#slab.set(slot, flags, 0)
    this.#held = []
  }

  has(slot: number): boolean {
    return this.#slab.peek(slot, flags) !== 0
  }

  #write(slot: number, kind: SubjectRow['kind'], deleted: boolean, tokensNotBefore: number, behind: number) {
    const bits =
      present |
      (kind === 'service' ? service : 0) |
      (deleted ? gone : 0) |
      (Number.isNaN(tokensNotBefore) ? 0 : dated)
    this.#slab.set(slot, flags, bits)
    this.#slab.set(slot, curtained, behind)
    this.#slab.setFloat(slot, notBefore, tokensNotBefore)
  }

  delete(slot: number): void {
    if (!this.has(slot)) return
    this.#slab.set(slot, flags, 0)
    this.#size--
  }

  get(slot: number, id: string): SubjectRow | undefined {
    const bits = this.#slab.peek(slot, flags)
    if (bits === 0 || this.#curtain.hides(this.#slab.get(slot, curtained))) return undefined
    return {
      id,
      kind: bits & service ? 'service' : 'user',
      deleted: (bits & gone) !== 0,
      ...(bits & dated && { tokens_not_before: this.#slab.float(slot, notBefore) }),
    }
  }
}
