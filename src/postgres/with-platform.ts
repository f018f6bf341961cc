import { platformTenant } from '#core/platform.ts'
import type { Sql, Tx } from './pool.ts'
import { type Scope, type Written, withTenant } from './with-tenant.ts'

/** Writes the platform's own rows: callers without a tenant. */
export function withPlatform<T>(
  sql: Sql,
  scope: Omit<Scope, 'tenant'>,
  work: (tx: Tx) => Promise<T>,
): Promise<Written<T>> {
  return withTenant(sql, { ...scope, tenant: platformTenant }, work)
}
