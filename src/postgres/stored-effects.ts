import { hash } from 'node:crypto'
import { type EffectRow, effectHash } from './chain.ts'
import type { Fragment } from './fragment.ts'
import { PackLines } from './pack-lines.ts'
import { PackProof } from './pack-proof.ts'
import type { Tx } from './pool.ts'

/** What history stores: an effect, or a pack of rows that one statement inserted. */
export type StoredEffect = EffectRow & {
  readonly tenant_id: string
  readonly revision: number
  readonly xid: string
  /** Of a pack: of its first row. */
  readonly ordinal: number
  /** Whom each row of a pack is about; null of what is no pack. */
  readonly holders: readonly (string | null)[] | null
  readonly first_holder: string | null
  readonly last_holder: string | null
  /** Of a pack of identities: by which each is found by its name. */
  readonly marks: Uint8Array | null
}

/**
 * The effects and packs of some changes, in order. `changes` is a relation `c` of tenant_id, epoch, xid and revision.
 * Of a pack: key is what most rows say and that the rest is null, after its lines, salt and hash those of all its rows.
 */
export function storedEffects(tx: Tx, changes: Fragment): Fragment {
  return tx`
    ${loneEffects(tx, changes)}
    union all
    select c.tenant_id, c.revision, p.xid::text, p.ordinal, p.table_name, 'insert', p.blank, p.images,
      p.salts, p.hashes, ${soundHolders(tx)}::text[], p.first_holder, p.last_holder, p.marks
    from ${changes} join vouchsafe.effect_pack p on p.tenant_id = c.tenant_id and p.epoch = c.epoch and p.xid = c.xid
    order by tenant_id, revision, ordinal`
}

/** The effects that are in no pack, in no order. */
export function loneEffects(tx: Tx, changes: Fragment): Fragment {
  return tx`
    select c.tenant_id, c.revision, e.xid::text as xid, e.ordinal, e.table_name, e.op, e.key::text as key, e.after::text as after,
      e.salt, e.hash, null::text[] as holders, null::uuid as first_holder, null::uuid as last_holder,
      null::bytea as marks
    from ${changes} join vouchsafe.effect e on e.tenant_id = c.tenant_id and e.epoch = c.epoch and e.xid = c.xid`
}

/** None where they are not one for each salt and hash, from the first on: then no row is whose it says. */
function soundHolders(tx: Tx): Fragment {
  return tx`case when array_ndims(p.holders) = 1 and array_lower(p.holders, 1) = 1
    and octet_length(p.salts) = ${saltBytes} * cardinality(p.holders) and octet_length(p.hashes) = ${hashBytes} * cardinality(p.holders)
    then p.holders else '{}' end`
}

const saltBytes = 16
const hashBytes = 32
const markBytes = 4
const erasedLine = /^\{"id": "[0-9a-f-]{36}", "tenant_id": "[0-9a-f-]{36}"\}$/

/** A row of a pack, or an effect of its own. */
export type WalkedEffect = StoredEffect & {
  /** Whether it is what was hashed; of what was erased, whether nothing is said. */
  readonly isProven: boolean
}

/** The rows of a pack, without those that were pruned; what is no pack as it is. */
export function* unpacked(stored: StoredEffect): Generator<WalkedEffect> {
  const { holders, after: lines } = stored
  if (holders === null || lines === null) {
    yield { ...stored, isProven: effectHolds(stored) }
    return
  }
  const salts = bytesOf(stored.salt ?? new Uint8Array())
  const hexHashes = Buffer.from(bytesOf(stored.hash).toString('hex'))
  const proof = new PackProof({ ...stored, salts, hexHashes })
  for (const pack = new PackLines(Buffer.from(lines)); pack.next(); ) {
    const { n, text: line } = pack
    const isErased = proof.isErased(n)
    const isSaid = !(isErased && isErasedLine(line))
    yield {
      ...stored,
      ordinal: stored.ordinal + n,
      after: isSaid ? line : null,
      salt: isErased ? null : (stored.salt?.subarray(n * saltBytes, (n + 1) * saltBytes) ?? null),
      hash: stored.hash.subarray(n * hashBytes, (n + 1) * hashBytes),
      holders: [holders[n] ?? null],
      marks: stored.marks?.subarray(n * markBytes, (n + 1) * markBytes) ?? null,
      isProven: isErased ? !isSaid : proof.holds(pack),
    }
  }
}

function bytesOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** What a pack says of a name, as name_mark of the database: it tells the packs that may hold it. */
export function nameMark(name: string): Uint8Array {
  return hash('sha256', name, 'buffer').subarray(0, markBytes)
}

/** What an erased image leaves: the row's key, or nothing where the key says who it is. */
function isErasedLine(line: string): boolean {
  return line === '{}' || erasedLine.test(line)
}

/** What was erased counts by its kept hash; what says something must prove it. */
export function effectHolds(effect: EffectRow): boolean {
  return effect.salt === null ? effect.after === null : Buffer.compare(effectHash(effect), effect.hash) === 0
}
