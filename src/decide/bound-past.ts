import type { InputGrant } from '#core/input.ts'

/** Up to so many records a policy is shown all. */
const all = 256
/** Of more, so many of each key that ended last, and so many that were revoked last. */
const kept = 32

/**
 * Leaves out what was over long ago where there is very much of it: it gives nothing and withholds nothing any more,
 * and what a policy says of the past, or holds against a token, it says of the latest. `now` in ms.
 */
export function boundPast(records: readonly InputGrant[], now: number): readonly InputGrant[] {
  if (records.length <= all) return records
  const past = (record: InputGrant) => record.revoked_at ?? record.ends_at ?? Number.POSITIVE_INFINITY
  const isOver = (record: InputGrant) => record.revoked_at !== undefined || past(record) <= now
  const over = records.filter(isOver).sort((a, b) => past(b) - past(a) || (a.id < b.id ? -1 : 1))
  const shown = new Set<InputGrant>()
  const counts = new Map<string, number>()
  for (const record of over) {
    const kind = `${record.revoked_at === undefined ? 'ended' : 'revoked'} ${record.effect} ${record.gives}`
    const count = counts.get(kind) ?? 0
    if (count < kept) shown.add(record)
    counts.set(kind, count + 1)
  }
  return records.filter((record) => !isOver(record) || shown.has(record))
}
