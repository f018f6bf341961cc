import type { JsonObject } from '#core/json.ts'
import type { ResourceKind } from '#decide/verbs.ts'
import type { Difference } from './differences.ts'

/** One question, whatever the door: whether the bearer has it. */
export type Ask = {
  readonly token: string
  readonly entitlement: string
  readonly resource?: { readonly kind: ResourceKind; readonly id: string }
  readonly organization?: string
  readonly module?: string
  readonly attributes?: JsonObject
  readonly quantity?: number
}

/** One answer, whatever the door. */
export type Told = {
  readonly allowed: boolean
  /** Codes, the main one first. */
  readonly reasons: readonly string[]
  /** HTTP status of a denial; 200. */
  readonly status: number
  readonly tier?: string
}

export type Door = {
  readonly name: string
  /** All that it may do otherwise than Check. */
  readonly differs: readonly Difference[]
  readonly ask: (ask: Ask) => Promise<Told>
  /** Of a gateway's: about a GET of a client, its target as it was written. */
  readonly pass?: (target: string, token: string) => Promise<Told>
}

/** A server, and the keys of its callers. */
export type Place = {
  /** host:port */
  readonly grpc: string
  readonly http: string
  readonly service: string
  readonly gateway: string
  /** What else every request over HTTP says. */
  readonly headers?: Readonly<Record<string, string>>
}
