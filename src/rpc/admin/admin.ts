import type { Command } from '#admin/command.ts'
import type { By } from '#admin/grant-types.ts'
import type { Answered } from '#admin/idempotent.ts'
import type { Page, PageInput } from '#admin/page.ts'
import type { TenantDocument } from '#admin/tenants.ts'
import type { RevisionToken } from '#core/revision.ts'

export type WriteRequest<I> = {
  /** The rpc's name: kept in the audit. */
  readonly action: string
  readonly reason?: string
  readonly request_id?: string
  /** Changes nothing: the answer says who would gain and lose. */
  readonly dry_run?: boolean
  readonly input: I
}

export type Read<O> = { readonly result: O; readonly revision: RevisionToken }

/** Runs the administration's commands, each in a transaction of its own. */
export type Admin = {
  readonly write: <I, O>(by: By, request: WriteRequest<I>, command: Command<I, O>) => Promise<Answered<O>>
  readonly read: <I, O>(by: By, input: I, command: Command<I, O>) => Promise<Read<O>>
  /** Over all tenants: for the platform's callers only. */
  readonly tenants: {
    /** By id or key. Unknown: NOT_FOUND. */
    readonly locate: (idOrKey: string) => Promise<{ readonly id: string; readonly key: string }>
    readonly list: (input: PageInput) => Promise<Page<TenantDocument>>
    /** Waits until this server answers questions about what was just made, but not for long. */
    readonly known: () => Promise<void>
  }
}
