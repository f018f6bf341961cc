/** A bounded first-in-first-out queue. Adding costs the same however full it is; what does not fit is counted, not kept. */
export type LineBuffer<Entry> = {
  /** False where the entry was dropped. */
  push(entry: Entry, bytes: number): boolean
  /** Takes the oldest entries, at most `count`. */
  take(count: number): Entry[]
  length(): number
}

export function createLineBuffer<Entry>(maxEntries: number, maxBytes: number): LineBuffer<Entry> {
  let entries: { readonly entry: Entry; readonly bytes: number }[] = []
  let first = 0
  let bytesHeld = 0
  return {
    push(entry, bytes) {
      if (entries.length - first >= maxEntries || bytesHeld + bytes > maxBytes) return false
      entries.push({ entry, bytes })
      bytesHeld += bytes
      return true
    },
    take(count) {
      const taken = entries.slice(first, first + count)
      first += taken.length
      for (const { bytes } of taken) bytesHeld -= bytes
      if (first > 1024 || first === entries.length) {
        entries = entries.slice(first)
        first = 0
      }
      return taken.map(({ entry }) => entry)
    },
    length: () => entries.length - first,
  }
}
