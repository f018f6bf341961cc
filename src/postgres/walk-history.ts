import { type ChangeRow, headerHash } from './chain.ts'
import type { Tx } from './pool.ts'
import { nameMark, type StoredEffect, storedEffects, unpacked, type WalkedEffect } from './stored-effects.ts'

const changesAtOnce = 200
/** A pack is half a megabyte. */
const storedAtOnce = 100

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
  readonly #batches: AsyncIterator<readonly StoredEffect[]>
  #waiting: StoredEffect[] = []

  constructor(tx: Tx, tenant: string, changes: readonly ChangeRow[]) {
    const epochs = changes.map(({ epoch }) => epoch)
    const xids = changes.map(({ xid }) => xid)
    const revisions = changes.map(({ revision }) => revision)
    const these = tx`(
      select ${tenant}::uuid as tenant_id, * from unnest(${epochs}::uuid[], ${xids}::text[]::xid8[], ${revisions}::bigint[]) as k (epoch, xid, revision)
    ) c`
    this.#batches = tx<StoredEffect[]>`${storedEffects(tx, these)}`
      .cursor(storedAtOnce)
      [Symbol.asyncIterator]()
  }

  /** For whoever stops before the end: the connection waits for the rest. */
  async close(): Promise<void> {
    await this.#batches.return?.()
  }

  /** Those of this change, in order; ends where those of a later one begin. */
  async *of(revision: number): AsyncGenerator<WalkedEffect> {
    for (;;) {
      while (this.#waiting.length > 0) {
        if (this.#waiting[0]?.revision !== revision) return
        yield* unpacked(this.#waiting.shift() as StoredEffect)
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

/** Those whose rows history finds by whom they are about, or by a name: only these are packed. */
const packed = new Set(['subjects', 'identities', 'grants', 'facts', 'experiment_assignments'])
/** Whether a row of a pack is one that packs hold, and can be found by whom it is about, and by its name. */
export function isFound({
  table_name,
  key,
  after,
  holders,
  first_holder,
  last_holder,
  marks,
}: StoredEffect): boolean {
  if (holders === null) return true
  const said = imageOf(key)
  // Each line says itself what the row is and whom it is about.
  if (
    !packed.has(table_name) ||
    ['id', 'subject_id', 'organization_id', 'sub'].some((name) => said[name] != null)
  )
    return false
  if (after === null) return true
  const { subject_id, organization_id, id, sub } = imageOf(after)
  const holder = String(subject_id ?? organization_id ?? id)
  if (table_name === 'identities' && !(marks && equal(marks, nameMark(String(sub))))) return false
  return holders[0] === holder && (first_holder ?? '') <= holder && holder <= (last_holder ?? '')
}

/** The key of an effect's row as JSON: one of a pack has it in its image. */
export function keyOf({ key, after, holders }: StoredEffect): string {
  if (holders === null) return key
  const { tenant_id, id, subject_id, iss, sub } = { ...imageOf(key), ...imageOf(after ?? '{}') }
  if (sub !== undefined) return JSON.stringify({ tenant_id, iss, sub })
  return JSON.stringify({ tenant_id, ...(id === undefined ? { subject_id } : { id }) })
}

/** A line of a pack is text, which somebody may have made no row at all. */
function imageOf(line: string): { readonly [column: string]: unknown } {
  try {
    return JSON.parse(line) ?? {}
  } catch {
    return {}
  }
}

const equal = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0
