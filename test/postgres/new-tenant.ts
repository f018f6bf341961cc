import type { Sql } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { withTenant } from '#postgres/with-tenant.ts'

/** Makes an empty tenant. Its head is at revision 1. */
export async function newTenant(sql: Sql, key = `t-${newId().slice(-12)}`): Promise<string> {
  const tenant = newId()
  await withTenant(sql, { tenant, actor: 'test', action: 'CreateTenant' }, async (tx) => {
    await tx`insert into vouchsafe.tenants (tenant_id, key) values (${tenant}, ${key})`
  })
  return tenant
}
