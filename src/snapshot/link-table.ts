import { Slab } from './slab.ts'

const next = 0
const key = 1
const value = 2

/**
 * A few (key, value) pairs of numbers for each of many owners: memberships, seats, facts, variants.
 * A pair is found by walking its owner's chain, so an owner should have tens, not thousands.
 */
export class LinkTable {
  readonly #first = new Slab(2)
  readonly #links = new Slab(4)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Sets the pair of this key and answers the value it had, or -1 where there was none. */
  set(owner: number, of: number, to: number): number {
    const known = this.#find(owner, of)
    if (known !== 0) {
      const before = this.#links.get(known, value)
      this.#links.set(known, value, to)
      return before
    }
    this.add(owner, of, to)
    return -1
  }

  /** Adds the pair of a key that the owner has not, as a load does: without looking. */
  add(owner: number, of: number, to: number): void {
    this.#first.reserve(owner)
    const link = this.#links.allocate()
    this.#links.set(link, next, this.#first.get(owner, 0))
    this.#links.set(link, key, of)
    this.#links.set(link, value, to)
    this.#first.set(owner, 0, link)
    this.#size++
  }

  /** Answers the value removed, or -1. */
  delete(owner: number, of: number): number {
    const link = this.#find(owner, of)
    if (link === 0) return -1
    const after = this.#links.get(link, next)
    let at = this.#first.get(owner, 0)
    if (at === link) this.#first.set(owner, 0, after)
    else {
      while (this.#links.get(at, next) !== link) at = this.#links.get(at, next)
      this.#links.set(at, next, after)
    }
    const removed = this.#links.get(link, value)
    this.#links.release(link)
    this.#size--
    return removed
  }

  each(owner: number, visit: (key: number, value: number) => void): void {
    let link = this.#first.peek(owner, 0)
    while (link !== 0) {
      visit(this.#links.get(link, key), this.#links.get(link, value))
      link = this.#links.get(link, next)
    }
  }

  #find(owner: number, of: number): number {
    let link = this.#first.peek(owner, 0)
    while (link !== 0 && this.#links.get(link, key) !== of) link = this.#links.get(link, next)
    return link
  }
}
