import { AppError } from '#core/errors.ts'
import type { Tx } from './pool.ts'

/**
 * From here to the end of the transaction nothing else of the tenant commits: the revision given stays the newest.
 * Take it after the row locks that other writers take, or the two wait for each other.
 */
export async function holdTenant(
  tx: Tx,
  tenant: string,
): Promise<{ readonly epoch: string; readonly revision: number }> {
  const [head] = await tx<{ epoch: string | null; revision: number }[]>`
    select epoch, revision from vouchsafe.hold_head()`
  if (head?.epoch == null) throw new AppError('NOT_FOUND', 'There is no such tenant.', { tenant })
  return { epoch: head.epoch, revision: head.revision }
}
