/** What JavaScript's dates reach; Postgres's infinities become these, so that they stay integers. */
export const farthest = 8_640_000_000_000_000

/** Milliseconds since 1970 of a timestamp as jsonb writes it; absent for null, NaN for what is none. */
export function instantOf(value: unknown): number | undefined {
  if (value === null || value === undefined) return undefined
  if (value === 'infinity') return farthest
  if (value === '-infinity') return -farthest
  return typeof value === 'string' ? new Date(value).getTime() : Number.NaN
}

const microsecondsTo2000 = 946_684_800_000_000

/** The same, of the eight bytes that COPY writes (microseconds since 2000). */
export function instantOfBytes(bytes: Buffer, at: number): number {
  const high = bytes.readInt32BE(at)
  const low = bytes.readUInt32BE(at + 4)
  if (high === 0x7fffffff && low === 0xffffffff) return farthest
  if (high === -0x80000000 && low === 0) return -farthest
  // Exact for timestamptz(3) within ±285 years of 2000; beyond that, right to the millisecond for whole milliseconds.
  return Math.round((high * 4_294_967_296 + low + microsecondsTo2000) / 1000)
}
