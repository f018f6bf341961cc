import type { RevisionToken } from '#core/revision.ts'
import type { Tx } from '#postgres/pool.ts'
import { notFound } from './not-found.ts'

/** Where the tenant's history stands for this transaction. */
export async function revisionOf(tx: Tx, tenant: string): Promise<RevisionToken> {
  const [head] = await tx<{ epoch: string; revision: number; chain: string }[]>`
    select epoch, revision, encode(substr(chain, 1, 8), 'hex') as chain from vouchsafe.head where tenant_id = ${tenant}`
  if (!head) throw notFound('tenant', tenant)
  return { tenant, ...head }
}
