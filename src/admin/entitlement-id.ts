import type { Tx } from '#postgres/pool.ts'
import { notFound } from './not-found.ts'

/** Of an entitlement by its key, also of an archived one. */
export async function entitlementId(tx: Tx, tenant: string, key: string): Promise<string> {
  const [row] = await tx<{ id: string }[]>`
    select id from vouchsafe.entitlements where tenant_id = ${tenant} and key = ${key}`
  if (!row) throw notFound('entitlement', key)
  return row.id
}
