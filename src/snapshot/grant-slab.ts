import type { Grant } from '#core/grant.ts'
import type { Json } from '#core/json.ts'
import { accesses, effects, sources } from './codes.ts'
import type { Curtain } from './curtain.ts'
import type { Dictionary } from './dictionary.ts'
import type { GrantFields } from './grant-fields.ts'
import { LinearHash } from './linear-hash.ts'
import type { SeededHash } from './seeded-hash.ts'
import { Slab } from './slab.ts'
import type { TextTable } from './text-table.ts'
import { uuidText } from './uuid.ts'
import type { UuidIndex } from './uuid-index.ts'

type Needs = {
  readonly hash: SeededHash
  readonly curtain: Curtain
  readonly ids: UuidIndex
  readonly names: Dictionary
  readonly texts: TextTable
}

// A record is one cache line. Words 0–3 are the grant's id.
const next = 4
const previous = 5
const holder = 6
const target = 7
const sourceRef = 8
const packed = 9
const rare = 10
const curtained = 11
const startsAt = 12
const endsAt = 14
// What few grants have is in a second record.
const module = 0
const scope = 1
const pool = 2
const value = 3
const revokedAt = 4
const pastDueAt = 6

/** All grants of a tenant, by id and as a chain for each holder. */
export class GrantSlab {
  readonly #needs: Needs
  readonly #byId = new LinearHash()
  readonly #records = new Slab(16)
  readonly #rare = new Slab(8)
  /** Slot of a holder → its first record. */
  readonly #first = new Slab(2)
  readonly #targets = new Map<number, string>()
  readonly #scratch = new Uint32Array(4)
  #held: number[] = []

  constructor(needs: Needs) {
    this.#needs = needs
  }

  get size(): number {
    return this.#byId.size - this.#held.length
  }

  /** Adds the grant, or replaces the one with its id. */
  put(fields: GrantFields): void {
    this.delete(fields.id)
    this.add(fields)
  }

  /** Adds a grant that is not there. */
  add(fields: GrantFields): void {
    this.#link(this.#write(fields, 0))
  }

  /** Adds a grant that is not there; nobody finds it with its holder before the curtain is lifted. */
  hold(fields: GrantFields): void {
    const record = this.#write(fields, this.#needs.curtain.number)
    this.#link(record)
    this.#held.push(record)
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
    for (const record of this.#held) this.#remove(record)
    this.#held = []
  }

  has(id: Uint32Array): boolean {
    return this.#find(id) !== 0
  }

  #write(fields: GrantFields, behind: number): number {
    const records = this.#records
    const record = records.allocate()
    for (let i = 0; i < 4; i++) records.set(record, i, fields.id[i] as number)
    records.set(record, holder, fields.holder)
    records.set(record, target, fields.target)
    records.set(record, sourceRef, fields.source_ref)
    records.set(record, packed, fields.effect | (fields.access << 2) | (fields.source << 4))
    records.set(record, rare, this.#putRare(fields))
    records.set(record, curtained, behind)
    records.setFloat(record, startsAt, fields.starts_at)
    records.setFloat(record, endsAt, fields.ends_at)
    this.#byId.add(this.#needs.hash.uuid(fields.id), record)
    return record
  }

  #link(record: number): void {
    const records = this.#records
    const owner = records.get(record, holder)
    this.#first.reserve(owner)
    const first = this.#first.get(owner, 0)
    records.set(record, next, first)
    records.set(record, previous, 0)
    if (first !== 0) records.set(first, previous, record)
    this.#first.set(owner, 0, record)
  }

  /** Slot of the holder that had it, or 0. */
  delete(id: Uint32Array): number {
    const record = this.#find(id)
    return record === 0 ? 0 : this.#remove(record)
  }

  #remove(record: number): number {
    const records = this.#records
    const owner = records.get(record, holder)
    const before = records.get(record, previous)
    const after = records.get(record, next)
    if (before === 0) this.#first.set(owner, 0, after)
    else records.set(before, next, after)
    if (after !== 0) records.set(after, previous, before)
    this.#needs.texts.release(records.get(record, sourceRef))
    const extra = records.get(record, rare)
    if (extra !== 0) {
      this.#needs.texts.release(this.#rare.get(extra, value))
      this.#rare.release(extra)
    }
    this.#byId.remove(record)
    records.release(record)
    return owner
  }

  /** Those of a holder's grants whose target is wanted, by id: the same facts give the same order. */
  of(holderSlot: number, wanted: (target: string) => boolean): Grant[] {
    const grants: Grant[] = []
    const records = this.#records
    const { curtain } = this.#needs
    let record = this.#first.peek(holderSlot, 0)
    while (record !== 0) {
      if (
        !curtain.hides(records.get(record, curtained)) &&
        wanted(this.#targetText(records.get(record, target)))
      )
        grants.push(this.#decode(record))
      record = records.get(record, next)
    }
    return grants.length < 2 ? grants : grants.sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  #find(id: Uint32Array): number {
    const records = this.#records
    let record = this.#byId.first(this.#needs.hash.uuid(id))
    while (record !== 0) {
      let same = true
      for (let i = 0; i < 4; i++) same &&= records.get(record, i) === id[i]
      if (same) return record
      record = this.#byId.after(record)
    }
    return 0
  }

  #putRare(fields: GrantFields): number {
    const needed = fields.module || fields.scope || fields.pool || fields.value
    if (!needed && Number.isNaN(fields.revoked_at) && Number.isNaN(fields.past_due_at)) return 0
    const extra = this.#rare.allocate()
    this.#rare.set(extra, module, fields.module)
    this.#rare.set(extra, scope, fields.scope)
    this.#rare.set(extra, pool, fields.pool)
    this.#rare.set(extra, value, fields.value)
    this.#rare.setFloat(extra, revokedAt, fields.revoked_at)
    this.#rare.setFloat(extra, pastDueAt, fields.past_due_at)
    return extra
  }

  // Targets are few (entitlements, products, plan versions) and compared on each check.
  #targetText(slot: number): string {
    let text = this.#targets.get(slot)
    if (text === undefined) {
      text = this.#needs.ids.text(slot)
      this.#targets.set(slot, text)
    }
    return text
  }

  #decode(record: number): Grant {
    const records = this.#records
    const bits = records.get(record, packed)
    const ends = records.float(record, endsAt)
    const extra = records.get(record, rare)
    for (let i = 0; i < 4; i++) this.#scratch[i] = records.get(record, i)
    const [a = 0, b = 0, c = 0, d = 0] = this.#scratch
    return {
      id: uuidText(a, b, c, d),
      target: this.#targetText(records.get(record, target)),
      effect: effects[bits & 3] ?? 'deny',
      access: accesses[(bits >>> 2) & 1] ?? 'read_only',
      source: sources[bits >>> 4] ?? 'default',
      source_ref: this.#needs.texts.text(records.get(record, sourceRef)),
      starts_at: records.float(record, startsAt),
      ...(!Number.isNaN(ends) && { ends_at: ends }),
      ...(extra !== 0 && this.#decodeRare(extra)),
    }
  }

  #decodeRare(extra: number): Partial<Grant> {
    const { names, ids, texts } = this.#needs
    const has = (word: number) => this.#rare.get(extra, word)
    const revoked = this.#rare.float(extra, revokedAt)
    const pastDue = this.#rare.float(extra, pastDueAt)
    return {
      ...(has(module) !== 0 && { module: names.text(has(module)) }),
      ...(has(scope) !== 0 && { scope: ids.text(has(scope)) }),
      ...(has(pool) !== 0 && { pool: ids.text(has(pool)) }),
      ...(has(value) !== 0 && { value: JSON.parse(texts.text(has(value))) as Json }),
      ...(!Number.isNaN(revoked) && { revoked_at: revoked }),
      ...(!Number.isNaN(pastDue) && { past_due_at: pastDue }),
    }
  }
}
