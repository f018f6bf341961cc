import { AppError } from '#core/errors.ts'
import type { Tx } from '#postgres/pool.ts'
import type { ClockReading } from './server-clock.ts'

export type PrimaryState = {
  /** Eight hexadecimal digits that grow with each fail-over. */
  readonly timeline: string
  readonly clock: ClockReading
}

/** Fails on a standby: what a standby shows may be behind, or on its way to be forgotten. */
export async function primaryState(tx: Tx, monotonic: () => number): Promise<PrimaryState> {
  const before = monotonic()
  const [state] = await tx<{ timeline: string | null; server: number }[]>`
    select case when not pg_is_in_recovery() then substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) end as timeline,
      clock_timestamp() as server`
  const after = monotonic()
  if (state?.timeline) return { timeline: state.timeline, clock: { server: state.server, before, after } }
  throw new AppError(
    'DATABASE_UNAVAILABLE',
    'The feed reads from the primary only; this server is a standby.',
  )
}
