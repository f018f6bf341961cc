import { AppError } from '#core/errors.ts'
import type { Fragment } from '#postgres/fragment.ts'
import type { Tx } from '#postgres/pool.ts'
import type { AppliedEffect } from './apply-change.ts'
import type { Row } from './row.ts'
import { smallTables } from './small-tables.ts'

/** So many rows at most make up an answer about the past. */
const mostImages = 100_000
const deepest = 66
const withoutCallers = Object.keys(smallTables).filter((table) => !table.startsWith('caller'))

type Reading = {
  readonly about?: string
  readonly named?: string
  readonly keep?: (row: Row) => boolean
}

type Image = AppliedEffect & { readonly salt: Uint8Array | null }

/** The last image of each row that is asked for, up to a revision. Rows that were gone or are erased are left out. */
export class PastImages {
  readonly #tx: Tx
  readonly #tenant: string
  readonly #revision: number
  readonly #found = new Map<string, AppliedEffect>()

  constructor(tx: Tx, tenant: string, revision: number) {
    this.#tx = tx
    this.#tenant = tenant
    this.#revision = revision
  }

  effects(): readonly AppliedEffect[] {
    return [...this.#found.values()]
  }

  async catalogue(): Promise<void> {
    await this.#read(this.#tx`e.table_name = any(${withoutCallers}::text[])`)
  }

  /** All rows of a subject, which stay its own. Whose its identities are is for `identity` to say: they may move. */
  async holder(id: string): Promise<void> {
    await this.#read(this.#tx`e.table_name <> 'identities'`, { about: id })
  }

  async grantsOf(organization: string): Promise<void> {
    await this.#read(this.#tx`e.table_name = 'grants'`, { about: organization })
  }

  async identity(iss: string, sub: string): Promise<string | undefined> {
    const key = { tenant_id: this.#tenant, iss, sub }
    const found = await this.#read(this.#tx`e.key = ${this.#tx.json(key)}`, { named: sub })
    return found.map(({ after }) => String((JSON.parse(after) as Row).subject_id))[0]
  }

  async organizationOfKey(key: string): Promise<string | undefined> {
    const tx = this.#tx
    const called = await tx<{ id: string }[]>`
      select distinct vouchsafe.effect_row(e.key) as id from vouchsafe.effect e
      where e.tenant_id = ${this.#tenant} and e.table_name = 'organizations' and e.after ->> 'key' = ${key}`
    const ids = called.map(({ id }) => id)
    const found = await this.#read(
      tx`e.table_name = 'organizations' and vouchsafe.effect_row(e.key) = any(${ids}::text[])`,
      { keep: (row) => row.key === key },
    )
    return found.map(({ after }) => String((JSON.parse(after) as Row).id))[0]
  }

  memberships(): readonly string[] {
    return this.#columnOf('organization_members', 'organization_id')
  }

  /** The pools of the seats read so far. Where a pool suspends its newest seats, all of them and its purchases count. */
  async pools(): Promise<void> {
    const tx = this.#tx
    const ids = this.#columnOf('seats', 'pool_id')
    if (ids.length === 0) return
    const pools = await this.#read(
      tx`e.table_name = 'seat_pools' and vouchsafe.effect_row(e.key) = any(${ids as string[]}::text[])`,
    )
    for (const pool of pools.map(({ after }) => JSON.parse(after) as Row)) {
      if (pool.on_shrink !== 'suspend_newest') continue
      await this.#read(tx`e.table_name = 'seats' and e.after ->> 'pool_id' = ${String(pool.id)}`)
      await this.grantsOf(String(pool.organization_id))
    }
  }

  #columnOf(table: string, column: string): readonly string[] {
    const rows = this.effects().filter(({ table_name }) => table_name === table)
    return [...new Set(rows.map(({ after }) => String((JSON.parse(after ?? '{}') as Row)[column])))]
  }

  /** Reads these organizations and all above them; gives the ids of those there were. */
  async organizations(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const known = new Set<string>()
    let wanted = [...new Set(ids)]
    for (let depth = 0; wanted.length > 0 && depth < deepest; depth++) {
      const found = await this.#read(
        this.#tx`e.table_name = 'organizations' and vouchsafe.effect_row(e.key) = any(${wanted}::text[])`,
      )
      const rows = found.map(({ after }) => JSON.parse(after) as Row)
      for (const { id } of rows) known.add(String(id))
      const parents = rows.flatMap(({ parent_id }) => (typeof parent_id === 'string' ? [parent_id] : []))
      wanted = [...new Set(parents)].filter((id) => !known.has(id))
    }
    return known
  }

  /**
   * The last images of rows: `where` is over `e`, and true for all images of a row or none. Rows that may be in packs are
   * read `about` whom they are, or as `named`.
   */
  async #read(
    where: Fragment,
    { about, named, keep = () => true }: Reading = {},
  ): Promise<readonly (AppliedEffect & { readonly after: string })[]> {
    const tx = this.#tx
    const from =
      about !== undefined
        ? tx`vouchsafe.effects_about(${this.#tenant}, ${about})`
        : named !== undefined
          ? tx`vouchsafe.effects_named(${this.#tenant}, ${named})`
          : tx`vouchsafe.effect`
    const images = await tx<Image[]>`
      select distinct on (e.table_name, e.key) e.table_name, e.op, e.key::text as key, e.after::text as after, e.salt
      from ${from} e
      join vouchsafe.change c on c.tenant_id = e.tenant_id and c.epoch = e.epoch and c.xid = e.xid
      where e.tenant_id = ${this.#tenant} and c.revision <= ${this.#revision} and ${where}
      order by e.table_name, e.key, c.revision desc, e.ordinal desc
      limit ${mostImages + 1}`
    const there = images.flatMap(({ after, salt, ...image }) =>
      after !== null && salt !== null && keep(JSON.parse(after) as Row) ? [{ ...image, after }] : [],
    )
    for (const image of there) this.#found.set(`${image.table_name} ${image.key}`, image)
    if (images.length > mostImages || this.#found.size > mostImages) {
      throw new AppError('LIMIT_EXCEEDED', 'Too much would have to be read of the past.', { limit: 'images' })
    }
    return there
  }
}
