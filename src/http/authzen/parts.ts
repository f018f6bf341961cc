import type { People } from '#core/people.ts'
import type { Which } from '#decide/which.ts'
import type { WhoMay } from '#decide/who-may.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Pipeline } from '#rpc/pipeline.ts'
import type { SearchPages } from '#rpc/search-pages.ts'

/** What only this door has. */
export type AuthzenParts = {
  /** Where clients reach this server, without a slash at the end. Absent: nothing is said about it. */
  readonly publicUrl?: string | undefined
  /** Where a right can be asked for that was denied. */
  readonly accessRequestUrl?: string | undefined
  readonly which: Which
  readonly whoMay: WhoMay
  /** Of a loaded tenant, by its id. */
  readonly people: (tenant: string) => People | undefined
  readonly pages: SearchPages
}

export type AuthzenNeeds = RpcNeeds & { readonly pipeline: Pipeline; readonly authzen: AuthzenParts }
