/** Stands for Postgres's infinities and for all outside of the years 1 to 9999, so that times stay integers. */
export const farthest = 8_640_000_000_000_000

const year1 = -62_135_596_800_000
const year10000 = 253_402_300_800_000

// The rows of an import say the same few times.
const mostRecent = 64
const recent = new Map<unknown, number>()

/** Milliseconds since 1970 of a timestamp as jsonb writes it; absent for null, NaN for what is none. */
export function instantOf(value: unknown): number | undefined {
  if (value === null || value === undefined) return undefined
  const known = recent.get(value)
  if (known !== undefined) return known
  if (value === 'infinity') return farthest
  if (value === '-infinity') return -farthest
  if (typeof value !== 'string') return Number.NaN
  if (value.endsWith(' BC')) return -farthest
  const ms = /^\d{5}/.test(value) ? farthest : clamped(new Date(value).getTime())
  if (recent.size === mostRecent) recent.clear()
  recent.set(value, ms)
  return ms
}

const microsecondsTo2000 = 946_684_800_000_000

/** The same, of the eight bytes that COPY writes (microseconds since 2000). */
export function instantOfBytes(bytes: Buffer, at: number): number {
  const high = bytes.readInt32BE(at)
  const low = bytes.readUInt32BE(at + 4)
  // Beyond 285 years of 2000 the microseconds are not exact; whole milliseconds still come out right.
  return clamped(Math.round((high * 4_294_967_296 + low + microsecondsTo2000) / 1000))
}

function clamped(ms: number): number {
  if (ms >= year10000) return farthest
  return ms < year1 ? -farthest : ms
}
