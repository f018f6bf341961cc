import type { Json } from '#core/json.ts'

/** What a document came to. Without a result it is undefined, which is no error. */
export type Decided = {
  readonly result?: Json
  readonly decision_id?: string
  readonly explanation?: readonly Json[]
  /** The revision of the bundle that decided. */
  readonly bundle?: string
  /** Nothing was asked. */
  readonly inputMissing?: boolean
}
