import type { InputDocument } from '#core/input.ts'

type LocalTime = InputDocument['time']

/** No zone changes its offset within a quarter of an hour, so one formatting serves all questions in it. */
const quarter = 15 * 60_000
const weekdays: Readonly<Record<string, number>> = { Mon: 1, Tue: 2, Wed: 3, Thu: 4, Fri: 5, Sat: 6, Sun: 7 }
const formats = new Map<string, Intl.DateTimeFormat>()
const cache = new Map<string, { readonly slot: number; readonly time: LocalTime }>()

/** Hour (0–23), weekday (1 Monday … 7) and date of a moment (ms) in an IANA zone. An unknown zone reads as UTC. */
export function localTime(now: number, zone: string): LocalTime {
  const slot = Math.floor(now / quarter)
  const known = cache.get(zone)
  if (known?.slot === slot) return known.time
  const parts = new Map(
    formatOf(zone)
      .formatToParts(now)
      .map((part) => [part.type, part.value]),
  )
  const time = {
    hour: Number(parts.get('hour')),
    weekday: weekdays[parts.get('weekday') ?? ''] ?? 0,
    date: `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`,
  }
  cache.set(zone, { slot, time })
  return time
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const made = makeFormat(zone)
  formats.set(zone, made)
  return made
}

function makeFormat(zone: string): Intl.DateTimeFormat {
  const options = {
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    weekday: 'short',
  } as const
  try {
    return new Intl.DateTimeFormat('en-US', { ...options, timeZone: zone })
  } catch {
    return new Intl.DateTimeFormat('en-US', { ...options, timeZone: 'UTC' })
  }
}
