import { AppError } from '#core/errors.ts'
import type { RevisionToken } from '#core/revision.ts'
import type { Tx } from './pool.ts'

/** The newest revision of a tenant that the transaction sees. Unknown: AppError NOT_FOUND. */
export async function headOf(tx: Tx, tenant: string): Promise<RevisionToken> {
  const [head] = await tx<Omit<RevisionToken, 'tenant'>[]>`
    select epoch, revision, encode(substr(chain, 1, 8), 'hex') as chain
    from vouchsafe.head where tenant_id = ${tenant}`
  if (!head) throw new AppError('NOT_FOUND', 'There is no such tenant.', { tenant })
  return { tenant, ...head }
}
