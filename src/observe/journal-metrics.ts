import { Counter, type Registry } from 'prom-client'

/** What the decision and security journals lost or failed to write. Either above zero is worth an alarm. */
export function createJournalMetrics(registry: Registry) {
  const dropped = new Counter({
    name: 'vouchsafe_journal_dropped_total',
    help: 'Entries that never reached the file, by journal.',
    labelNames: ['journal'],
    registers: [registry],
  })
  const failures = new Counter({
    name: 'vouchsafe_journal_write_failures_total',
    help: 'Writes that failed (a full disk, say), by journal.',
    labelNames: ['journal'],
    registers: [registry],
  })
  return {
    journalDropped: (journal: string, count: number): void => dropped.labels(journal).inc(count),
    journalWriteFailed: (journal: string): void => failures.labels(journal).inc(),
  }
}
