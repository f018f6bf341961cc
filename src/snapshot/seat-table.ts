import { LinkTable } from './link-table.ts'
import type { SeededHash } from './seeded-hash.ts'
import { Slab } from './slab.ts'
import { UuidIndex } from './uuid-index.ts'

const subjectOf = 0
const poolOf = 1
const assignedAt = 2

/** Seats held now, by seat id, by subject and by pool. */
export class SeatTable {
  readonly #ids: UuidIndex
  readonly #seats = new Slab(4)
  /** Subject's slot: seat's slot → pool's slot. */
  readonly #held = new LinkTable()
  /** Pool's slot: seat's slot → subject's slot. */
  readonly #holders = new LinkTable()
  readonly #sizes = new Map<number, number>()
  /** Of pools that were asked for since they last changed. */
  readonly #ranks = new Map<number, ReadonlyMap<number, number>>()

  constructor(hash: SeededHash) {
    this.#ids = new UuidIndex(hash)
  }

  get size(): number {
    return this.#held.size
  }

  /** `at` in ms: since when it is held. */
  put(seat: string, subject: number, pool: number, at: number): void {
    this.delete(seat)
    const slot = this.#ids.intern(seat)
    this.#seats.reserve(slot)
    this.#seats.set(slot, subjectOf, subject)
    this.#seats.set(slot, poolOf, pool)
    this.#seats.setFloat(slot, assignedAt, at)
    this.#held.add(subject, slot, pool)
    this.#holders.add(pool, slot, subject)
    this.#resize(pool, 1)
  }

  /** Slot of the subject that held it, or 0. */
  delete(seat: string): number {
    const slot = this.#ids.find(seat)
    const subject = slot === 0 ? 0 : this.#seats.peek(slot, subjectOf)
    if (subject === 0) return 0
    const pool = this.#seats.get(slot, poolOf)
    this.#held.delete(subject, slot)
    this.#holders.delete(pool, slot)
    this.#seats.set(slot, subjectOf, 0)
    this.#resize(pool, -1)
    return subject
  }

  each(subject: number, visit: (pool: number) => void): void {
    this.#held.each(subject, (_seat, pool) => visit(pool))
  }

  /** The pool's seats: id, subject's slot, since when (ms). */
  eachOf(pool: number, visit: (seat: string, subject: number, at: number) => void): void {
    this.#holders.each(pool, (slot, subject) => {
      visit(this.#ids.text(slot), subject, this.#seats.float(slot, assignedAt))
    })
  }

  /** How many hold a seat of the pool. */
  sizeOf(pool: number): number {
    return this.#sizes.get(pool) ?? 0
  }

  /** How many of the pool's holders had their seat before the subject; all of them where it has none. */
  rank(pool: number, subject: number): number {
    let ranks = this.#ranks.get(pool)
    if (ranks === undefined) {
      ranks = this.#rankAll(pool)
      this.#ranks.set(pool, ranks)
    }
    return ranks.get(subject) ?? this.sizeOf(pool)
  }

  // Of two of the same moment the one with the lower id came first, as in the database's order.
  #rankAll(pool: number): ReadonlyMap<number, number> {
    const seats: { readonly at: number; readonly id: string; readonly subject: number }[] = []
    this.#holders.each(pool, (slot, subject) => {
      seats.push({ at: this.#seats.float(slot, assignedAt), id: this.#ids.text(slot), subject })
    })
    seats.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
    return new Map(seats.map(({ subject }, place) => [subject, place]))
  }

  #resize(pool: number, by: number): void {
    this.#sizes.set(pool, this.sizeOf(pool) + by)
    this.#ranks.delete(pool)
  }
}
