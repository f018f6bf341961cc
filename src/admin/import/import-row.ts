import type { GrantSource } from '#core/grant.ts'
import type { Json } from '#core/json.ts'

export type TargetKind = 'entitlement' | 'product' | 'plan'

/** A right as a file has it. Times in ms. */
export type ImportRight = {
  readonly kind: TargetKind
  /** "key", or "key@n" of a plan. */
  readonly target: string
  readonly module?: string | undefined
  readonly value?: Json | undefined
  readonly access: 'full' | 'read_only'
  /** Default: the moment of the import. */
  readonly starts_at?: number | undefined
  readonly ends_at?: number | undefined
  readonly source: GrantSource
  readonly source_ref: string
  readonly reason: string
}

/** A line of a file: a person or an organization, and rights of theirs. */
export type ImportPerson = {
  /** Its number in the file. */
  readonly line: number
  readonly holder:
    | { readonly iss: string; readonly sub: string }
    | { readonly subject: string }
    /** Its key. */
    | { readonly organization: string }
  readonly email?: string
  readonly rights: readonly ImportRight[]
}

export type Rejected = { readonly line: number; readonly reason: string }

/** What the server makes of each: at most a subject, an identity and the rights. */
export function effectsOf({ holder, rights }: ImportPerson): number {
  return rights.length + ('sub' in holder ? 2 : 0)
}
