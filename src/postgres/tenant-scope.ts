import type { Tx } from './pool.ts'

/** Bounds one statement; a writer that hangs would hold its tenant's head. */
const statementTimeout = '15s'

/**
 * The first statement of a transaction: its role and tenant, both forgotten at its end,
 * so that a connection that is shared carries neither on.
 */
export async function enterTenant(tx: Tx, tenant: string): Promise<void> {
  await tx`
    select set_config('role', 'vouchsafe_app', true),
      set_config('app.tenant_id', ${tenant}, true),
      set_config('statement_timeout', ${statementTimeout}, true)`
}

/** As above, for reading over all tenants. */
export async function enterFeed(tx: Tx): Promise<void> {
  await tx`select set_config('role', 'vouchsafe_feed', true), set_config('app.tenant_id', '', true)`
}
