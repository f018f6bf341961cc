import type { GateQuestion } from '#decide/verbs.ts'

/** A request that a proxy asks with, before anything of it is believed. */
export type Told = {
  readonly method: string
  /** As it was sent, with its query. */
  readonly url: string
  /** Every value, by lower-case name. */
  readonly headers: Readonly<Partial<Record<string, readonly string[]>>>
}

/** Method, host and target of the client's request; or why they cannot be told. For the log, without values. */
export type ReadTold = (told: Told) => GateQuestion | { readonly unclear: string }
