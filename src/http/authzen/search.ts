import { createHash } from 'node:crypto'
import type { Catalogue } from '#core/catalogue.ts'
import type { Json, JsonObject } from '#core/json.ts'
import type { Question } from '#decide/verbs.ts'
import { invalidField } from '#rpc/invalid-field.ts'
import type { Found, PageRequest } from '#rpc/search-pages.ts'
import { canonicalJson } from './canonical-json.ts'
import type { Asked } from './entities.ts'
import { asking, awaitDemanded, type Exchange, isRefusedToken } from './exchange.ts'
import { countAt, fieldOf, objectAt } from './json-fields.ts'
import type { AuthzenNeeds } from './parts.ts'
import { questionOf } from './question-of.ts'

/** What is searched for, and how each name found is shown. */
export type Search = {
  readonly kind: 'subject' | 'resource' | 'action'
  readonly asked: Asked
  /** Undefined: nothing can be found. */
  readonly find: ((at?: number) => Promise<Found>) | undefined
  readonly show: (name: string) => Json
}

/** One page of a search, as AuthZEN puts it. */
export async function answerSearch(
  needs: AuthzenNeeds,
  { ctx, tenant }: Exchange,
  body: JsonObject,
  { kind, asked, find, show }: Search,
) {
  const request = pageOf(body)
  if (find === undefined) return { page: { next_token: '', count: 0, total: 0 }, results: [] }
  const digest = createHash('sha256').update(canonicalJson(asked)).digest('hex')
  const list = [tenant().id, 'authzen', kind, ctx.caller.id, digest] as const
  const page = await needs.authzen.pages.page(list, request, find)
  return {
    page: { next_token: page.next_token, count: page.names.length, total: page.total },
    context: { revision: page.data_revision, bundle_revision: page.bundle_revision },
    results: page.names.map(show),
  }
}

function pageOf(body: JsonObject): PageRequest {
  const value = fieldOf(body, 'page')
  if (value === undefined) return {}
  const page = objectAt(value, 'page')
  const token = fieldOf(page, 'token')
  if (token !== undefined && typeof token !== 'string') throw invalidField('page.token', 'string')
  const limit = countAt(fieldOf(page, 'limit'), 'page.limit', 0)
  const properties = fieldOf(page, 'properties')
  if (properties !== undefined) objectAt(properties, 'page.properties')
  // Nobody who is at the beginning has a token.
  return { ...(token && { token }), ...(limit !== undefined && { limit }) }
}

/** Searches what of the catalogue one subject may do. */
export async function findFor(
  needs: AuthzenNeeds,
  exchange: Exchange,
  asked: Asked,
  candidates: (catalogue: Catalogue) => readonly { readonly name: string; readonly asked: Asked }[],
): Promise<Search['find']> {
  await awaitDemanded(needs, exchange, [asked.context])
  // What the context says is the same in every question, and so is what is wrong with it.
  const { context } = contextQuestion(asked)
  const asker = await whose(needs, exchange, asked)
  if (asker === undefined) return undefined
  const questions = (catalogue: Catalogue): readonly (Question & { readonly name: string })[] =>
    candidates(catalogue).flatMap(({ name, asked: each }) => {
      const question = questionOf(each)
      return 'unaskable' in question ? [] : [{ ...question, name }]
    })
  return async (at) => {
    const { allowed, ...rest } = await needs.authzen.which(asker, context, questions, at)
    return { ...rest, names: allowed.map(({ name }) => name) }
  }
}

async function whose(needs: AuthzenNeeds, exchange: Exchange, { subject }: Asked) {
  try {
    return await asking(needs, exchange, subject)
  } catch (error) {
    if (isRefusedToken(error, subject)) return undefined
    throw error
  }
}

/** A question that can always be asked, for its context. */
function contextQuestion(asked: Asked): Pick<Question, 'context'> {
  const question = questionOf({ ...asked, action: { ...asked.action, name: 'use' }, resource: anything })
  if ('unaskable' in question) throw invalidField('context', 'askable')
  return question
}

const anything = { type: 'product', id: '-', properties: {} } as const
