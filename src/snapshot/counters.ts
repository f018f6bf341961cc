import type { ReloadCause } from './read-news.ts'

/** What operators see of the feed. `metrics` is given these as they happen. */
export type FeedMetrics = {
  readonly feedLag: (seconds: number) => void
  readonly dataRevision: (tenant: string, revision: number) => void
  readonly feedReloaded: (cause: string) => void
  /** Seconds that the database's clock is ahead of this machine's. */
  readonly clockOffset: (seconds: number) => void
  /** Seconds by which the database's clock was set and is not followed; 0 where there is no such step. */
  readonly clockStep: (seconds: number) => void
}

export type SnapshotStatus = {
  readonly loaded: boolean
  readonly tenants: number
  readonly grants: number
  readonly listen: 'starting' | 'listening' | 'polling'
  /** Milliseconds from the last applied change's commit to its being served. */
  readonly lag_ms?: number
  /** Milliseconds by which the time of decisions is ahead of this machine's clock. */
  readonly clock_offset_ms: number
  /** Of the last poll or load that failed; absent when the last one succeeded. */
  readonly last_error?: string
  /** Tenants waiting to be loaded again. */
  readonly reloading: number
  /** Reloads by cause since the start. */
  readonly reloads: Readonly<Record<string, number>>
  /** Reloads whose cause should never happen: history was edited, cut or forked. */
  readonly alarms: number
  /** Rows that could not be read, by table, since the start. */
  readonly poison: Readonly<Record<string, number>>
}

const harmless = new Set<ReloadCause>(['new', 'size', 'erased', 'pruned', 'epoch'])

export function isAlarm(cause: ReloadCause): boolean {
  return !harmless.has(cause)
}
