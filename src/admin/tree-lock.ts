import type { Tx } from '#postgres/pool.ts'

/** While it is held nobody moves an organization of the tenant; taken before any row's lock. Those who only look share it. */
export async function lockTree(tx: Tx, tenant: string, how: 'move' | 'look'): Promise<void> {
  const key = `organizations ${tenant}`
  if (how === 'move') await tx`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`
  else await tx`select pg_advisory_xact_lock_shared(hashtextextended(${key}, 0))`
}
