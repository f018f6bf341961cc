import type { Tx } from '#postgres/pool.ts'
import type { By } from './grant-types.ts'
import type { PageTokens } from './page-tokens.ts'

/** What a command knows beside its input. */
export type Scope = By & {
  /** ms. */
  readonly now: number
  readonly pageTokens: PageTokens
}

/** A write inside a transaction that somebody else opens and seals, or a read of one moment. Both throw AppErrors. */
export type Command<I, O> = (tx: Tx, scope: Scope, input: I) => Promise<O>
