import type { ReloadCause } from './read-news.ts'

/** What operators see of the feed. `metrics` is given these as they happen. */
export type FeedMetrics = {
  readonly feedLag: (seconds: number) => void
  readonly dataRevision: (tenant: string, revision: number) => void
  readonly feedReloaded: (cause: string) => void
}

export type SnapshotStatus = {
  readonly loaded: boolean
  readonly tenants: number
  readonly grants: number
  readonly listen: 'starting' | 'listening' | 'polling'
  /** Milliseconds from the last applied change's commit to its being served. */
  readonly lag_ms?: number
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

const harmless = new Set<ReloadCause>(['new', 'size', 'erased', 'epoch'])

export function isAlarm(cause: ReloadCause): boolean {
  return !harmless.has(cause)
}
