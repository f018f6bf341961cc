import { grantEntitlement } from '#admin/grant-entitlement.ts'
import { listGrants } from '#admin/list-grants.ts'
import { createPageTokens } from '#admin/page-tokens.ts'
import { revokeEntitlement } from '#admin/revoke-entitlement.ts'
import type { RevisionToken } from '#core/revision.ts'
import type { Sql } from '#postgres/pool.ts'
import type { GrantCommands } from '#rpc/grant-commands.ts'
import type { Rehearsals } from './rehearsals.ts'

type Needs = Pick<Rehearsals, 'rehearse'> & {
  readonly sql: Sql
  readonly secret: string
  /** The time of decisions, epoch milliseconds. */
  readonly now: () => number
  /** Wakes this process's own feed after a commit. */
  readonly committed: (revision: RevisionToken) => void
}

/** The grant commands, bound to their database. */
export function createGrants({ sql, secret, now, committed, rehearse }: Needs): GrantCommands {
  const needs = { sql, now, committed, rehearse, pageTokens: createPageTokens(secret) }
  return {
    grant: (by, input) => grantEntitlement(needs, by, input),
    revoke: (by, input) => revokeEntitlement(needs, by, input),
    list: (by, input) => listGrants(needs, by, input),
  }
}
