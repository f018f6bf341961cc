import type { Gate } from './gate.ts'
import { StripeFailure } from './stripe-failure.ts'

type Listed = { readonly id: string }
type Page<Thing> = { readonly data: readonly Thing[]; readonly has_more: boolean }
type Cursor = { readonly limit: number; readonly starting_after?: string }

/** More than any customer has of what we list; a list that goes on is none. */
const mostOfAll = 1_000_000

/**
 * Page after page of a list, however long. A list that is not one, goes round, or changes in its middle throws
 * StripeFailure: half of a list must never be taken for all of it. Nothing is remembered but the last page.
 */
export async function* pages<Thing extends Listed>(
  gate: Gate,
  operation: string,
  list: (cursor: Cursor) => Promise<Page<Thing>>,
  after?: string,
): AsyncGenerator<readonly Thing[]> {
  let last = after
  let before = new Set<string>()
  // Who goes round comes by here again, however long the way: it is put further on ever more seldom.
  let milestone: string | undefined
  for (let count = 0, next = 1; ; count++) {
    const page = await gate(operation, async () => {
      const answer = await list({ limit: 100, ...(last !== undefined && { starting_after: last }) })
      if (isPage(answer)) return answer
      throw new StripeFailure('unavailable', `${operation}: the answer is not a list`)
    }).catch((error: unknown) => {
      const cursorGone = error instanceof StripeFailure && error.kind === 'missing' && count > 0
      throw cursorGone ? changed(operation) : error
    })
    const ids = new Set(page.data.map(({ id }) => id))
    if (ids.size < page.data.length || !ids.isDisjointFrom(before)) throw changed(operation)
    yield page.data
    if (!page.has_more) return
    last = page.data.at(-1)?.id
    if (last === undefined || last === milestone) throw changed(operation)
    before = ids
    if (count < next) continue
    milestone = last
    next *= 2
  }
}

function changed(operation: string): StripeFailure {
  return new StripeFailure('unavailable', `${operation}: the list changed while it was read`)
}

/** All pages of a list. */
export async function listAll<Thing extends Listed>(
  gate: Gate,
  operation: string,
  list: (cursor: Cursor) => Promise<Page<Thing>>,
): Promise<readonly Thing[]> {
  const all = new Map<string, Thing>()
  for await (const page of pages(gate, operation, list))
    for (const each of page) {
      if (all.has(each.id)) throw changed(operation)
      if (all.size === mostOfAll)
        throw new StripeFailure('unavailable', `${operation}: the list does not end`)
      all.set(each.id, each)
    }
  return [...all.values()]
}

function isPage(answer: unknown): boolean {
  const page = answer as {
    readonly object?: unknown
    readonly data?: unknown
    readonly has_more?: unknown
  } | null
  return (
    page?.object === 'list' &&
    typeof page.has_more === 'boolean' &&
    Array.isArray(page.data) &&
    page.data.every((each: unknown) => typeof (each as Listed | null)?.id === 'string')
  )
}
