import type { Log } from '#observe/logger.ts'
import { createLineBuffer } from './line-buffer.ts'
import type { Sink } from './sink.ts'

export type WriterNeeds = {
  /** "decisions" or "security": the label of its metrics. */
  readonly name: string
  readonly sink: Sink
  readonly log: Log
  readonly metrics: {
    journalDropped(journal: string, count: number): void
    journalWriteFailed(journal: string): void
  }
  /** Default 20 000. */
  readonly maxEntries?: number
  /** Estimated. Default 32 MB. */
  readonly maxBytes?: number
  /** ms between writes. Default 1000. */
  readonly intervalMs?: number
  /** ms that `close` waits for a sink that does not answer. Default 5000. */
  readonly closeTimeoutMs?: number
}

export type BatchWriter<Entry> = {
  /** Never throws, never waits. */
  push(entry: Entry, bytes: number): void
  flush(): Promise<void>
  /** Writes what is held, or gives up at the timeout and counts it as dropped. */
  close(): Promise<void>
}

const batchSize = 500
/** Lines made at a stretch: a whole batch would hold up answers for milliseconds. */
const stretch = 32

/**
 * Moves entries from the path of a decision to a sink, in batches on a timer. A sink that fails or hangs costs entries,
 * which are counted, and never a decision. A failed batch is kept and tried again before newer ones.
 */
export function createBatchWriter<Entry>(
  needs: WriterNeeds,
  toLine: (entry: Entry) => string,
): BatchWriter<Entry> {
  const { name, sink, log, metrics } = needs
  const buffer = createLineBuffer<Entry>(needs.maxEntries ?? 20_000, needs.maxBytes ?? 32 * 1024 * 1024)
  let failed: { readonly lines: string; readonly count: number } | undefined
  let failing = false
  let closing = false
  let underWay: Promise<void> | undefined
  const timer = setInterval(() => void flush(), needs.intervalMs ?? 1000).unref()

  async function nextBatch(): Promise<{ readonly lines: string; readonly count: number } | undefined> {
    if (failed !== undefined) return failed
    const entries = buffer.take(batchSize)
    if (entries.length === 0) return undefined
    const lines: string[] = []
    for (const [index, entry] of entries.entries()) {
      if (!closing && index > 0 && index % stretch === 0)
        await new Promise((resolve) => setImmediate(resolve))
      lines.push(...lineOf(entry))
    }
    return { lines: lines.join(''), count: lines.length }
  }

  function lineOf(entry: Entry): string[] {
    try {
      return [`${toLine(entry)}\n`]
    } catch {
      metrics.journalDropped(name, 1)
      return []
    }
  }

  async function writeAll(): Promise<void> {
    for (let batch = await nextBatch(); batch !== undefined; batch = await nextBatch()) {
      try {
        await sink.write(batch.lines)
        failed = undefined
        failing = false
      } catch (err) {
        failed = batch
        metrics.journalWriteFailed(name)
        if (!failing) log.error({ journal: name, err }, 'a journal cannot be written; decisions go on')
        failing = true
        return
      }
    }
  }

  function flush(): Promise<void> {
    underWay ??= writeAll().finally(() => {
      underWay = undefined
    })
    return underWay
  }

  async function closeAll(): Promise<void> {
    await flush()
    // What was pushed while an earlier flush was finishing.
    await flush()
    await sink.close()
  }

  return {
    push(entry, bytes) {
      if (!buffer.push(entry, bytes)) metrics.journalDropped(name, 1)
    },
    flush,
    async close() {
      closing = true
      clearInterval(timer)
      const patience = new AbortController()
      const gaveUp = new Promise<void>((resolve) => {
        const deadline = setTimeout(resolve, needs.closeTimeoutMs ?? 5000)
        patience.signal.addEventListener('abort', () => clearTimeout(deadline))
      })
      await Promise.race([
        closeAll().catch((err) => log.error({ journal: name, err }, 'a journal closed badly')),
        gaveUp,
      ])
      patience.abort()
      const lost = buffer.length() + (failed?.count ?? 0)
      if (lost > 0) metrics.journalDropped(name, lost)
    },
  }
}
