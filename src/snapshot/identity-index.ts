import type { Curtain } from './curtain.ts'
import type { Dictionary } from './dictionary.ts'
import type { SeededHash } from './seeded-hash.ts'
import { Slab } from './slab.ts'
import { TextTable } from './text-table.ts'

const subjectSlot = 0
const curtained = 1

/** (iss, sub) → slot of the subject. */
export class IdentityIndex {
  readonly #issuers: Dictionary
  readonly #keys: TextTable
  readonly #subjects = new Slab(2)
  readonly #curtain: Curtain
  #held: number[] = []

  constructor(needs: {
    readonly hash: SeededHash
    readonly names: Dictionary
    readonly curtain: Curtain
  }) {
    this.#curtain = needs.curtain
    this.#issuers = needs.names
    this.#keys = new TextTable(needs.hash)
  }

  get size(): number {
    return this.#keys.size - this.#held.length
  }

  /** Slot of the subject, or 0. */
  find(iss: string, sub: string): number {
    const entry = this.#entryOf(iss, sub)
    if (entry === 0 || this.#curtain.hides(this.#subjects.get(entry, curtained))) return 0
    return this.#subjects.get(entry, subjectSlot)
  }

  has(iss: string, sub: string): boolean {
    return this.#entryOf(iss, sub) !== 0
  }

  set(iss: string, sub: string, subject: number): void {
    const key = keyOf(this.#issuers.intern(iss), sub)
    const known = this.#keys.find(key)
    const entry = known === 0 ? this.#keys.intern(key) : known
    this.#write(entry, subject, 0)
  }

  /** Sets one that is not there, which is not found before the curtain is lifted. */
  hold(iss: string, sub: string, subject: number): void {
    const entry = this.#keys.intern(keyOf(this.#issuers.intern(iss), sub))
    this.#write(entry, subject, this.#curtain.number)
    this.#held.push(entry)
  }

  get isHolding(): boolean {
    return this.#held.length > 0
  }

  /** The curtain is lifted. */
  reveal(): void {
    this.#held = []
  }

  /** Forgets what was held and not revealed. */
  drop(): void {
    for (const entry of this.#held) this.#keys.release(entry)
    this.#held = []
  }

  /** Slot of each subject with a name at the issuer, and the name. One that is renamed meanwhile may be left out. */
  *named(iss: string): Iterable<readonly [number, string]> {
    const issuer = this.#issuers.find(iss)
    if (issuer === 0) return
    const start = keyOf(issuer, '')
    for (const entry of this.#keys.entries()) {
      if (this.#curtain.hides(this.#subjects.get(entry, curtained))) continue
      const key = this.#keys.text(entry)
      if (key.startsWith(start)) yield [this.#subjects.get(entry, subjectSlot), key.slice(start.length)]
    }
  }

  /** Slot of the subject it had, or 0. */
  delete(iss: string, sub: string): number {
    const entry = this.#entryOf(iss, sub)
    if (entry === 0) return 0
    this.#keys.release(entry)
    return this.#subjects.get(entry, subjectSlot)
  }

  #entryOf(iss: string, sub: string): number {
    const issuer = this.#issuers.find(iss)
    return issuer === 0 ? 0 : this.#keys.find(keyOf(issuer, sub))
  }

  #write(entry: number, subject: number, behind: number): void {
    this.#subjects.reserve(entry)
    this.#subjects.set(entry, subjectSlot, subject)
    this.#subjects.set(entry, curtained, behind)
  }
}

// The issuer's number ends at the first colon, so no sub can pretend to be of another issuer.
function keyOf(issuer: number, sub: string): string {
  return `${issuer}:${sub}`
}
