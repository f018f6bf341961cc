import type { By } from '#admin/grant-types.ts'
import { idempotent } from '#admin/idempotent.ts'
import { createPageTokens } from '#admin/page-tokens.ts'
import { revisionOf } from '#admin/revision-of.ts'
import type { RevisionToken } from '#core/revision.ts'
import type { Sql } from '#postgres/pool.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import type { Admin } from '#rpc/admin/admin.ts'

type Needs = {
  readonly sql: Sql
  readonly secret: string
  /** ms. */
  readonly now: () => number
  /** Wakes this process's own feed after a commit. */
  readonly committed: (revision: RevisionToken) => void
}

/** The administration's commands, bound to their database. */
export function createAdmin({ sql, secret, now, committed }: Needs): Admin {
  const pageTokens = createPageTokens(secret)
  const scopeOf = (by: By) => ({ ...by, now: now(), pageTokens })
  return {
    write: (by, { action, reason, request_id, input }, command) =>
      idempotent(
        { sql, committed },
        by,
        { action, body: input, ...(reason && { reason }), ...(request_id && { id: request_id }) },
        (tx) => command(tx, scopeOf(by), input),
      ),
    read: (by, input, command) =>
      readTenant(sql, by.tenant, async (tx) => ({
        result: await command(tx, scopeOf(by), input),
        revision: await revisionOf(tx, by.tenant),
      })),
  }
}
