import type { SeatPool, SeatPurchase } from '#core/tenant-view.ts'
import { oneOf, optionalUuid, type Row, uuid } from './row.ts'

type Rule = SeatPool['on_shrink']

const nothing: ReadonlyMap<string, SeatPurchase> = new Map()

/** A tenant's seat pools and what was bought for them. */
export class PoolTable {
  readonly #rules = new Map<string, Rule>()
  /** Pool's id: grant's id → purchase. */
  readonly #purchases = new Map<string, Map<string, SeatPurchase>>()
  readonly #lists = new Map<string, readonly SeatPurchase[]>()
  readonly #poolOf = new Map<string, string>()

  /** Throws PoisonRow; then its seats beyond the capacity do not count. */
  put(row: Row): void {
    const id = uuid(row, 'id')
    this.#rules.set(id, 'suspend_newest')
    this.#rules.set(id, oneOf(row, 'on_shrink', ['keep', 'suspend_newest', 'block']))
  }

  delete(id: string): void {
    this.#rules.delete(id)
  }

  rule(id: string): Rule | undefined {
    return this.#rules.get(id)
  }

  /** What a grant buys, in the place of what it bought before. */
  buy(grant: string, pool: string, purchase: SeatPurchase): void {
    this.return(grant)
    const of = this.#purchases.get(pool) ?? new Map<string, SeatPurchase>()
    this.#purchases.set(pool, of)
    of.set(grant, purchase)
    this.#poolOf.set(grant, pool)
    this.#lists.delete(pool)
  }

  return(grant: string): void {
    const pool = this.#poolOf.get(grant)
    if (pool === undefined) return
    this.#poolOf.delete(grant)
    this.#purchases.get(pool)?.delete(grant)
    this.#lists.delete(pool)
  }

  /** Puts one of the pools, with what was bought for it, into another table. */
  copyTo(other: PoolTable, pool: string): void {
    const rule = this.#rules.get(pool)
    if (rule !== undefined) other.#rules.set(pool, rule)
    for (const [grant, purchase] of this.#purchases.get(pool) ?? nothing) other.buy(grant, pool, purchase)
  }

  purchases(pool: string): readonly SeatPurchase[] {
    const known = this.#lists.get(pool)
    if (known !== undefined) return known
    const list = [...(this.#purchases.get(pool) ?? nothing).values()]
    this.#lists.set(pool, list)
    return list
  }
}

/** The pool whose seats a grant's row buys. */
export function poolBought(row: Row): string | undefined {
  const gives = row.effect === 'allow' || row.effect === 'override'
  return gives && (row.revoked_at ?? undefined) === undefined ? optionalUuid(row, 'pool_id') : undefined
}
