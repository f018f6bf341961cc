import { AppError } from '#core/errors.ts'
import type { Tx } from '#postgres/pool.ts'

/**
 * The timeline of the server, as eight hexadecimal digits: it grows with each fail-over.
 * Fails on a standby: what a standby shows may be behind, or on its way to be forgotten.
 */
export async function primaryTimeline(tx: Tx): Promise<string> {
  const [state] = await tx<{ timeline: string | null }[]>`
    select case when not pg_is_in_recovery() then substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) end as timeline`
  if (state?.timeline) return state.timeline
  throw new AppError(
    'DATABASE_UNAVAILABLE',
    'The feed reads from the primary only; this server is a standby.',
  )
}
