import type { JsonObject } from './json.ts'

/** What the mapped claims of a verified token say. Nothing else of it goes further. */
export type MappedClaims = {
  readonly tier?: string
  readonly roles: readonly string[]
  readonly entitlements: readonly string[]
  /** Keys of plans. */
  readonly plans?: readonly string[]
  readonly attributes: JsonObject
}

/** Whom a question is about. */
export type Principal = {
  readonly tenant: string
  /** Subject id (UUID) if there is a row. */
  readonly subject?: string
  /** Shown name: "sub_<uuid>" with a row, else "<iss>|<sub>". */
  readonly id: string
  readonly kind: 'user' | 'service'
  /** Claims, already empty where the issuer's authority is the database. Roles always count. */
  readonly claims: MappedClaims
  /** What counts for holders of a token of this issuer; absent without a token: the database does. */
  readonly authority?: 'claims' | 'database' | 'both'
  /** ms; absent without a token. */
  readonly token_issued_at?: number
  readonly token_expires_at?: number
}
