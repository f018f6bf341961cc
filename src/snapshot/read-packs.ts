import type { Fragment } from '#postgres/fragment.ts'
import type { Tx } from '#postgres/pool.ts'
import type { HeldBytes } from './held-bytes.ts'

/** Rows that one statement inserted, as history stores them. */
export type StoredPack = {
  readonly tenant_id: string
  readonly xid: string
  /** Of its first row. */
  readonly ordinal: number
  readonly table_name: string
  readonly op: 'insert'
  /** What a row says where its line says nothing: JSON. */
  readonly key: string
  /** JSON of the rows, one a line. */
  readonly lines: Buffer
  readonly salts: Buffer
  readonly hexHashes: Buffer
}

/** The packs of these changes, in order within each: `changes` as in storedEffects. Their bytes are held until they are let go. */
export async function readPacks(tx: Tx, changes: Fragment, held: HeldBytes): Promise<readonly StoredPack[]> {
  const packs: StoredPack[] = []
  // As bytes, each as it comes: the driver would make texts of them.
  await tx<Buffer[][]>`
    select c.tenant_id, p.xid, p.ordinal, p.table_name, p.blank, p.images, p.salts, p.hashes
    from ${changes} join vouchsafe.effect_pack p on p.tenant_id = c.tenant_id and p.epoch = c.epoch and p.xid = c.xid
    order by c.tenant_id, c.revision, p.ordinal`
    .raw()
    .forEach((row) => {
      const [tenant, xid, ordinal, table, blank, images, salts, hashes] = row as unknown as readonly Buffer[]
      packs.push({
        tenant_id: String(tenant),
        xid: String(xid),
        ordinal: Number(ordinal),
        table_name: String(table),
        op: 'insert',
        key: String(blank),
        lines: copied(images, held),
        salts: decoded(salts, held),
        hexHashes: copied(hashes?.subarray(hexPrefix), held),
      })
    })
  return packs
}

/** Of the text of a bytea. */
const hexPrefix = 2

function copied(bytes: Buffer = Buffer.alloc(0), held: HeldBytes): Buffer {
  const copy = held.take(bytes.length)
  bytes.copy(copy)
  return copy
}

function decoded(hex: Buffer = Buffer.alloc(0), held: HeldBytes): Buffer {
  const bytes = held.take(Math.max(0, hex.length - hexPrefix) / 2)
  bytes.write(hex.toString('latin1', hexPrefix), 'hex')
  return bytes
}
