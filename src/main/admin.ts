import type { Scope } from '#admin/command.ts'
import type { By } from '#admin/grant-types.ts'
import { idempotent } from '#admin/idempotent.ts'
import { createPageTokens } from '#admin/page-tokens.ts'
import { revisionOf } from '#admin/revision-of.ts'
import { listTenants, locateTenant } from '#admin/tenants.ts'
import type { RevisionToken } from '#core/revision.ts'
import type { Sql } from '#postgres/pool.ts'
import { readFeed } from '#postgres/read-feed.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import type { Admin } from '#rpc/admin/admin.ts'
import { remap } from '#stripe/remap.ts'
import type { Rehearsals } from './rehearsals.ts'

type Needs = Rehearsals & {
  readonly sql: Sql
  readonly secret: string
  /** ms. */
  readonly now: () => number
  /** Wakes this process's own feed after a commit. */
  readonly committed: (revision: RevisionToken) => void
  /** Brings this process's snapshot up to the present. */
  readonly refresh: () => Promise<void>
}

/** The administration's commands, bound to their database. */
export function createAdmin(needs: Needs): Admin {
  const { sql, secret, now, committed, refresh, rehearse, whoHas } = needs
  const pageTokens = createPageTokens(secret)
  const scopeOf = (by: By): Scope => ({
    ...by,
    now: now(),
    pageTokens,
    whoHas: (tx, question) => whoHas(tx, by.tenant, question),
    remap: async (tx, externalIds) => void (await remap(tx, { ...by, now: now() }, externalIds)),
  })
  return {
    write: (by, { action, reason, request_id, dry_run = false, input }, command) =>
      idempotent(
        { sql, committed, rehearse },
        by,
        { action, dry_run, body: input, ...(reason && { reason }), ...(request_id && { id: request_id }) },
        (tx) => command(tx, scopeOf(by), input),
      ),
    read: (by, input, command) =>
      readTenant(sql, by.tenant, async (tx) => ({
        result: await command(tx, scopeOf(by), input),
        revision: await revisionOf(tx, by.tenant),
      })),
    tenants: {
      locate: (idOrKey) => readFeed(sql, (tx) => locateTenant(tx, idOrKey)),
      list: (input) => readFeed(sql, (tx) => listTenants(tx, { pageTokens }, input)),
      known: () => refresh().catch(() => undefined),
    },
  }
}
