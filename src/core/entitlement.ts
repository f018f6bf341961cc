import type { Json } from './json.ts'

/** An entitlement's key: lower case, at most one colon, each half at most 63 characters. */
const keyPattern = /^[a-z0-9][a-z0-9_.-]{0,62}(:[a-z0-9][a-z0-9_.-]{0,62})?$/

export function isEntitlementKey(text: string): boolean {
  return keyPattern.test(text)
}

/** Whether a key is kept for what has rights under another name: a product's are given as "product:<key>". */
export function isReservedKey(key: string): boolean {
  return /^(product|content|navigation):/.test(key)
}

export type EntitlementKind = 'boolean' | 'config' | 'limit' | 'metered' | 'credit'
export type Combine = 'any' | 'max' | 'sum' | 'union'
export type DenyAs = 401 | 402 | 403 | 404 | 429

/** How an attribute of the context is typed, and what it must satisfy. */
export type AttributeRule = {
  readonly type: 'string' | 'number' | 'boolean' | 'string_list'
  readonly required?: boolean
  readonly one_of?: readonly Json[]
  readonly min?: number
  readonly max?: number
}

/** What decides when the snapshot is past its hard bound of age. */
export type FailMode =
  | { readonly mode: 'open' }
  | { readonly mode: 'closed' }
  | { readonly mode: 'last_known'; readonly for_ms: number }

export type EntitlementDefinition = {
  readonly id: string
  readonly key: string
  readonly kind: EntitlementKind
  readonly combine: Combine
  readonly deny_as: DenyAs
  readonly fail_mode: FailMode
  /** Keys that must be held too. */
  readonly requires: readonly string[]
  /** Facts that must be there, such as "completed:module-1". */
  readonly requires_facts: readonly string[]
  readonly attributes: Readonly<Record<string, AttributeRule>>
  /** Given to whoever is assigned one of these variants. */
  readonly experiment?: { readonly key: string; readonly variants: readonly string[] }
  readonly archived: boolean
}
