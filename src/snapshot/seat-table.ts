import { LinkTable } from './link-table.ts'
import type { SeededHash } from './seeded-hash.ts'
import { Slab } from './slab.ts'
import { UuidIndex } from './uuid-index.ts'

/** Seats held now, by seat id and by subject. */
export class SeatTable {
  readonly #ids: UuidIndex
  readonly #subjects = new Slab(2)
  /** Subject's slot: seat's slot → pool's slot. */
  readonly #held = new LinkTable()

  constructor(hash: SeededHash) {
    this.#ids = new UuidIndex(hash)
  }

  get size(): number {
    return this.#held.size
  }

  put(seat: string, subject: number, pool: number): void {
    this.delete(seat)
    const slot = this.#ids.intern(seat)
    this.#subjects.reserve(slot)
    this.#subjects.set(slot, 0, subject)
    this.#held.set(subject, slot, pool)
  }

  /** Slot of the subject that held it, or 0. */
  delete(seat: string): number {
    const slot = this.#ids.find(seat)
    const subject = slot === 0 ? 0 : this.#subjects.peek(slot, 0)
    if (subject === 0) return 0
    this.#held.delete(subject, slot)
    this.#subjects.set(slot, 0, 0)
    return subject
  }

  each(subject: number, visit: (pool: number) => void): void {
    this.#held.each(subject, (_seat, pool) => visit(pool))
  }
}
