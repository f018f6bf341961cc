import type { PageTokens } from '#admin/page-tokens.ts'
import { AppError } from '#core/errors.ts'
import { invalidField } from './invalid-field.ts'
import { createKeptSearches } from './kept-searches.ts'

/** All that a search found, and by what. */
export type Found = {
  readonly names: readonly string[]
  readonly data_revision: string
  readonly bundle_revision: string
  /** ms */
  readonly at: number
}

export type SearchPage = {
  readonly names: readonly string[]
  /** Empty at the end. */
  readonly next_token: string
  readonly total: number
  readonly data_revision: string
  readonly bundle_revision: string
}

export type PageRequest = { readonly token?: string; readonly limit?: number }

type List = readonly [tenant: string, ...asked: string[]]

export type SearchPages = {
  /**
   * A page of what `find` finds; by default the first. `list` names the tenant, first, and all that is asked: a token is good
   * for nothing else. All pages are of the first one's revision, bundle and moment. Throws INVALID_FIELD for a token that was
   * not written for this list, and where what was found is not kept any longer and cannot be found again.
   */
  readonly page: (
    list: List,
    request: PageRequest,
    find: (at?: number) => Promise<Found>,
  ) => Promise<SearchPage>
}

type Needs = {
  readonly tokens: PageTokens
  readonly newId: () => string
  /** ms */
  readonly now: () => number
}

export const defaultLimit = 100
export const largestLimit = 1000
/** How long a token is good for. */
export const goodForMs = 10 * 60_000
/** So many names are kept for pages to come, of all searches together. */
const mostKept = 200_000

/**
 * The pages of searches. What a search found is kept in memory for a while. Where it is not (another server, a restart)
 * it is found again, which is the same as long as neither data nor bundle has changed.
 */
export function createSearchPages({ tokens, newId, now }: Needs): SearchPages {
  const kept = createKeptSearches<Found>({ most: mostKept, goodForMs, now })

  function cut(list: List, id: string, found: Found, offset: number, limit: number): SearchPage {
    const { names, data_revision, bundle_revision, at } = found
    const end = offset + limit
    const more = end < names.length
    if (more && kept.get(list[0], id) === undefined) kept.keep(list[0], id, found)
    return {
      names: names.slice(offset, end),
      next_token: more ? tokens.write(list, [id, end, limit, at, data_revision, bundle_revision]) : '',
      total: names.length,
      data_revision,
      bundle_revision,
    }
  }

  return {
    async page(list, { token, limit }, find) {
      if (token === undefined) {
        const found = await find()
        return cut(list, newId(), found, 0, Math.min(limit ?? defaultLimit, largestLimit))
      }
      const cursor = tokens.read(list, token) as readonly [string, number, number, number, string, string]
      const [id, offset, size, at, data_revision, bundle_revision] = cursor
      if (limit !== undefined && Math.min(limit, largestLimit) !== size)
        throw invalidField('page.limit', 'same')
      if (now() - at > goodForMs) throw gone()
      const found = kept.get(list[0], id) ?? (await find(at))
      if (found.data_revision !== data_revision || found.bundle_revision !== bundle_revision) throw gone()
      return cut(list, id, found, offset, size)
    },
  }
}

function gone(): AppError {
  const text = 'What was found is not kept any longer: search again without page.token.'
  return new AppError('INVALID_FIELD', text, { field: 'page.token', rule: 'expired' })
}
