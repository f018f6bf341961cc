import { randomBytes } from 'node:crypto'

let last = 0
let sequence = 0

/**
 * A UUIDv7: ordered by time, so that rows made together lie together, and within this process
 * by the order of the calls even in one millisecond (62 bits stay random).
 */
export function newId(now: number = Date.now()): string {
  sequence = now === last ? (sequence + 1) & 0xfff : 0
  last = now
  const bytes = randomBytes(16)
  bytes.writeUIntBE(now, 0, 6)
  bytes.writeUInt16BE(0x7000 | sequence, 6)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
