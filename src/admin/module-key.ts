import type { Tx } from '#postgres/pool.ts'
import { notFound } from './not-found.ts'

/** A module there is. Unknown: AppError NOT_FOUND. */
export async function moduleKey(tx: Tx, tenant: string, key: string): Promise<string> {
  const [row] = await tx`select from vouchsafe.modules where tenant_id = ${tenant} and key = ${key}`
  if (!row) throw notFound('module', key)
  return key
}
