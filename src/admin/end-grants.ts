import type { Tx } from '#postgres/pool.ts'
import type { By } from './grant-types.ts'

/** Revokes these grants; the number of those that were not revoked yet. Rows stay for the audit. */
export async function endGrants(
  tx: Tx,
  by: By,
  ids: readonly string[],
  now: number,
  reason: string,
): Promise<number> {
  if (ids.length === 0) return 0
  const ended = await tx`
    update vouchsafe.grants set revoked_at = ${new Date(now)}, revoked_by = ${by.actor}, revoke_reason = ${reason}
    where tenant_id = ${by.tenant} and id = any(${ids as string[]}::uuid[]) and revoked_at is null`
  return ended.count
}
