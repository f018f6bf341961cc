import type { Tx } from '#postgres/pool.ts'
import type { By } from './grant-types.ts'
import type { PageTokens } from './page-tokens.ts'

/** Whether a product may be used: by its key, and which part of it. */
export type ProductQuestion = { readonly product: string; readonly surface: string }

/** Who writes, and when. */
export type WriteScope = By & {
  /** ms. */
  readonly now: number
}

/** What a command knows beside its input. */
export type Scope = WriteScope & {
  readonly pageTokens: PageTokens
  /**
   * Ids of the subjects whom the rules give access, as their rows and those of this transaction tell, in some context
   * at least. From the first on nothing else of the tenant commits until the transaction ends.
   */
  readonly whoHas: (tx: Tx, question: ProductQuestion) => AsyncIterable<string>
  /**
   * Gives those who bought something at the payment provider (its ids there) what it gives now, by what is known of
   * their purchases. Absent where none is connected.
   */
  readonly remap?: (tx: Tx, externalIds: readonly string[]) => Promise<void>
}

/** A write inside a transaction that somebody else opens and seals, or a read of one moment. Both throw AppErrors. */
export type Command<I, O, S = Scope> = (tx: Tx, scope: S, input: I) => Promise<O>
