import type { Command } from '#admin/command.ts'
import type { By } from '#admin/grant-types.ts'
import type { Answered } from '#admin/idempotent.ts'
import type { RevisionToken } from '#core/revision.ts'

export type WriteRequest<I> = {
  /** The rpc's name: kept in the audit. */
  readonly action: string
  readonly reason?: string
  readonly request_id?: string
  readonly input: I
}

export type Read<O> = { readonly result: O; readonly revision: RevisionToken }

/** Runs the administration's commands, each in a transaction of its own. */
export type Admin = {
  readonly write: <I, O>(by: By, request: WriteRequest<I>, command: Command<I, O>) => Promise<Answered<O>>
  readonly read: <I, O>(by: By, input: I, command: Command<I, O>) => Promise<Read<O>>
}
