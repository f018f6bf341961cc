import type { Gate } from './gate.ts'
import { StripeFailure } from './stripe-failure.ts'

type Listed = { readonly id: string }
type Page<Thing> = { readonly data: readonly Thing[]; readonly has_more: boolean }
type Cursor = { readonly limit: number; readonly starting_after?: string }

/** More than any account has of what we list; a list that goes on is none. */
const mostPages = 10_000

/**
 * Page after page of a list. A list that is not one, repeats itself, or changes in its middle throws StripeFailure: half
 * of a list must never be taken for all of it.
 */
export async function* pages<Thing extends Listed>(
  gate: Gate,
  operation: string,
  list: (cursor: Cursor) => Promise<Page<Thing>>,
  after?: string,
): AsyncGenerator<readonly Thing[]> {
  const changed = () => new StripeFailure('unavailable', `${operation}: the list changed while it was read`)
  const seen = new Set<string>()
  let last = after
  for (let count = 0; count < mostPages; count++) {
    const page = await gate(operation, async () => {
      const answer = await list({ limit: 100, ...(last !== undefined && { starting_after: last }) })
      if (isPage(answer)) return answer
      throw new StripeFailure('unavailable', `${operation}: the answer is not a list`)
    }).catch((error: unknown) => {
      const cursorGone = error instanceof StripeFailure && error.kind === 'missing' && count > 0
      throw cursorGone ? changed() : error
    })
    for (const { id } of page.data) {
      if (seen.has(id)) throw changed()
      seen.add(id)
    }
    yield page.data
    if (!page.has_more) return
    last = page.data.at(-1)?.id
    if (last === undefined) throw changed()
  }
  throw new StripeFailure('unavailable', `${operation}: the list does not end`)
}

/** All pages of a list. */
export async function listAll<Thing extends Listed>(
  gate: Gate,
  operation: string,
  list: (cursor: Cursor) => Promise<Page<Thing>>,
): Promise<readonly Thing[]> {
  const all: Thing[] = []
  for await (const page of pages(gate, operation, list)) all.push(...page)
  return all
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
