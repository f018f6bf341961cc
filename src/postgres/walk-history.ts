import { type ChangeRow, type EffectRow, effectHash, headerHash } from './chain.ts'
import type { Tx } from './pool.ts'

export type Numbered = EffectRow & { readonly revision: number; readonly ordinal: number }

const changesAtOnce = 200

/** The next changes after one, in order; none is later than `to`. */
export function readChanges(
  tx: Tx,
  tenant: string,
  after: number,
  to = Number.MAX_SAFE_INTEGER,
): Promise<readonly ChangeRow[]> {
  return tx<ChangeRow[]>`
    select epoch, revision, xid::text as xid, at, actor, action, reason, cause, header_salt, header_hash, effects, digest, chain
    from vouchsafe.change where tenant_id = ${tenant} and revision > ${after} and revision <= ${to}
    order by revision limit ${changesAtOnce}`
}

/** The effects of some changes as they are walked: read in batches, one change after the other. */
export class WalkedEffects {
  readonly #batches: AsyncIterator<readonly Numbered[]>
  #waiting: Numbered[] = []

  constructor(tx: Tx, tenant: string, changes: readonly ChangeRow[]) {
    const epochs = changes.map(({ epoch }) => epoch)
    const xids = changes.map(({ xid }) => xid)
    const revisions = changes.map(({ revision }) => revision)
    this.#batches = tx<Numbered[]>`
      select c.revision, e.ordinal, e.table_name, e.op, e.key::text as key, e.after::text as after, e.salt, e.hash
      from unnest(${epochs}::uuid[], ${xids}::text[]::xid8[], ${revisions}::bigint[]) as c (epoch, xid, revision)
      join vouchsafe.effect e on e.tenant_id = ${tenant} and e.epoch = c.epoch and e.xid = c.xid
      order by c.revision, e.ordinal`
      .cursor(1000)
      [Symbol.asyncIterator]()
  }

  /** Those of this change, in order; ends where those of a later one begin. */
  async *of(revision: number): AsyncGenerator<Numbered> {
    for (;;) {
      while (this.#waiting.length > 0) {
        if (this.#waiting[0]?.revision !== revision) return
        yield this.#waiting.shift() as Numbered
      }
      const next = await this.#batches.next()
      if (next.done) return
      this.#waiting = [...next.value]
    }
  }
}

/** What was erased counts by its kept hash; what says something must prove it. */
export function headerHolds(change: ChangeRow): boolean {
  if (change.header_salt !== null) return equal(headerHash(change), change.header_hash)
  return change.actor === null && change.reason === null && change.cause === null
}

/** The same of an effect. */
export function effectHolds(effect: EffectRow): boolean {
  return effect.salt === null ? effect.after === null : equal(effectHash(effect), effect.hash)
}

const equal = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0
