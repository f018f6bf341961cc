import { createHash, hash } from 'node:crypto'

/** How a change does not prove itself. */
export type ChainFault = 'gap' | 'header' | 'effect' | 'count' | 'digest' | 'chain'

/** As read through the pool: times in ms, xid as text. */
export type ChangeRow = {
  readonly epoch: string
  readonly revision: number
  readonly xid: string
  readonly at: number
  readonly actor: string | null
  readonly action: string
  readonly reason: string | null
  readonly cause: string | null
  readonly header_salt: Uint8Array | null
  readonly header_hash: Uint8Array
  readonly effects: number
  readonly digest: Uint8Array
  readonly chain: Uint8Array
}

/** Key and image as the text that was hashed. */
export type EffectRow = {
  readonly table_name: string
  readonly op: string
  readonly key: string
  readonly after: string | null
  readonly salt: Uint8Array | null
  readonly hash: Uint8Array
}

export type ChainLink = {
  readonly tenant: string
  readonly epoch: string
  readonly revision: number
  readonly at: number
  readonly headerHash: Uint8Array
  readonly digest: Uint8Array
}

/** sha256 over the length-prefixed previous chain, tenant, epoch, revision, ms, header hash and digest. */
export function nextChain(previous: Uint8Array, link: ChainLink): Uint8Array {
  return sha256(
    [
      previous,
      uuidBytes(link.tenant),
      uuidBytes(link.epoch),
      int8(link.revision),
      int8(link.at),
      link.headerHash,
      link.digest,
    ].flatMap(framed),
  )
}

/** What `header_hash` must be where the salt is there. */
export function headerHash(change: ChangeRow): Uint8Array {
  const fields = [change.header_salt, change.actor, change.action, change.reason, change.cause]
  return sha256(fields.flatMap(framed))
}

let scratch = Buffer.alloc(16_384)

/** What `hash` must be where the salt is there. Of rows by the thousand, so it is put together in one place. */
export function effectHash({ salt, table_name, op, key, after }: EffectRow): Uint8Array {
  const most =
    20 + (salt?.length ?? 0) + 3 * (table_name.length + op.length + key.length + (after?.length ?? 0))
  if (scratch.length < most) scratch = Buffer.alloc(2 * most)
  let end = 0
  for (const field of [salt, table_name, op, key, after]) {
    const start = end + 4
    if (typeof field === 'string') end = start + scratch.write(field, start, 'utf8')
    else {
      if (field !== null) scratch.set(field, start)
      end = start + (field?.length ?? 0)
    }
    scratch.writeInt32BE(field === null ? -1 : end - start, start - 4)
  }
  return hash('sha256', scratch.subarray(0, end), 'buffer')
}

function framed(field: Uint8Array | string | null): Uint8Array[] {
  if (field === null) return [int4(-1)]
  const bytes = typeof field === 'string' ? Buffer.from(field, 'utf8') : field
  return [int4(bytes.length), bytes]
}

function int4(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function int8(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}

const uuidBytes = (uuid: string) => Buffer.from(uuid.replaceAll('-', ''), 'hex')
function sha256(parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
