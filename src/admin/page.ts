import { invalid } from './invalid.ts'
import type { Cursor, PageTokens } from './page-tokens.ts'

export type PageInput = {
  /** Default 50, at most 1000. */
  readonly page_size?: number
  readonly page_token?: string
}

export type Page<T> = {
  readonly items: readonly T[]
  /** Empty at the end. */
  readonly next_page_token: string
}

const defaultSize = 50
const largestSize = 1000

/**
 * One page of a list. `list` names the tenant and all that selects rows; `read` gets the sort key after which to go on
 * and how many rows to read at most. Errors: INVALID_FIELD (page_size, page_token).
 */
export async function readPage<T>(
  tokens: PageTokens,
  list: readonly string[],
  input: PageInput,
  read: (after: Cursor | undefined, limit: number) => Promise<readonly T[]>,
  keyOf: (row: T) => Cursor,
  largest = largestSize,
): Promise<Page<T>> {
  const size = sizeOf(input.page_size, largest)
  const after = input.page_token ? tokens.read(list, input.page_token) : undefined
  const rows = await read(after, size + 1)
  const items = rows.slice(0, size)
  const last = items.at(-1)
  const more = rows.length > size && last !== undefined
  return { items, next_page_token: more ? tokens.write(list, keyOf(last)) : '' }
}

function sizeOf(asked: number | undefined, largest: number): number {
  if (asked !== undefined && (asked < 0 || !Number.isSafeInteger(asked))) {
    throw invalid('page_size', 'A page size is a whole number of at least 0.')
  }
  return Math.min(asked || defaultSize, largest)
}
