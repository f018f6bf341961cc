import type { Dictionary } from './dictionary.ts'
import type { SeededHash } from './seeded-hash.ts'
import { Slab } from './slab.ts'
import { TextTable } from './text-table.ts'

/** (iss, sub) → slot of the subject. */
export class IdentityIndex {
  readonly #issuers: Dictionary
  readonly #keys: TextTable
  readonly #subjects = new Slab(2)

  constructor(needs: { readonly hash: SeededHash; readonly names: Dictionary }) {
    this.#issuers = needs.names
    this.#keys = new TextTable(needs.hash)
  }

  get size(): number {
    return this.#keys.size
  }

  /** Slot of the subject, or 0. */
  find(iss: string, sub: string): number {
    const issuer = this.#issuers.find(iss)
    if (issuer === 0) return 0
    const entry = this.#keys.find(keyOf(issuer, sub))
    return entry === 0 ? 0 : this.#subjects.get(entry, 0)
  }

  set(iss: string, sub: string, subject: number): void {
    const key = keyOf(this.#issuers.intern(iss), sub)
    const known = this.#keys.find(key)
    const entry = known === 0 ? this.#keys.intern(key) : known
    this.#subjects.reserve(entry)
    this.#subjects.set(entry, 0, subject)
  }

  /** Slot of each subject with a name at the issuer, and the name. One that is renamed meanwhile may be left out. */
  *named(iss: string): Iterable<readonly [number, string]> {
    const issuer = this.#issuers.find(iss)
    if (issuer === 0) return
    const start = keyOf(issuer, '')
    for (const entry of this.#keys.entries()) {
      const key = this.#keys.text(entry)
      if (key.startsWith(start)) yield [this.#subjects.get(entry, 0), key.slice(start.length)]
    }
  }

  /** Slot of the subject it had, or 0. */
  delete(iss: string, sub: string): number {
    const issuer = this.#issuers.find(iss)
    const entry = issuer === 0 ? 0 : this.#keys.find(keyOf(issuer, sub))
    if (entry === 0) return 0
    this.#keys.release(entry)
    return this.#subjects.get(entry, 0)
  }
}

// The issuer's number ends at the first colon, so no sub can pretend to be of another issuer.
function keyOf(issuer: number, sub: string): string {
  return `${issuer}:${sub}`
}
