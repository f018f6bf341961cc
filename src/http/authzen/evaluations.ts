import { AppError } from '#core/errors.ts'
import type { JsonObject } from '#core/json.ts'
import { toFailure } from '#rpc/failure.ts'
import { invalidField } from '#rpc/invalid-field.ts'
import { limits } from '#rpc/limits.ts'
import { type Decision, failedDecision } from './decision-of.ts'
import { type Asked, askedOf } from './entities.ts'
import { evaluate } from './evaluate.ts'
import type { Exchange } from './exchange.ts'
import { fieldOf, objectAt } from './json-fields.ts'
import type { AuthzenNeeds } from './parts.ts'

/** When a decision makes the rest superfluous. */
const semantics: Readonly<Record<string, (decision: Decision) => boolean>> = {
  execute_all: () => false,
  deny_on_first_deny: ({ decision }) => !decision,
  permit_on_first_permit: ({ decision }) => decision,
}
const entities = ['subject', 'action', 'resource', 'context'] as const

/** POST /access/v1/evaluation: a question that cannot be asked fails as a whole. */
export async function answerOne(
  needs: AuthzenNeeds,
  exchange: Exchange,
  body: JsonObject,
): Promise<Decision> {
  const failed = (error: unknown) => {
    throw error
  }
  const [decision] = await evaluate(needs, exchange, [askedOf(body)], { enough: () => true, failed })
  return decision as Decision
}

/** POST /access/v1/evaluations. Without evaluations it is the single one. */
export async function answerMany(needs: AuthzenNeeds, exchange: Exchange, body: JsonObject) {
  const list = fieldOf(body, 'evaluations')
  const enough = semanticOf(body)
  if (list === undefined) return answerOne(needs, exchange, body)
  if (!Array.isArray(list)) throw invalidField('evaluations', 'list')
  if (list.length === 0) return answerOne(needs, exchange, body)
  if (list.length > limits.batch) throw invalidField('evaluations', 'max_items')
  const defaults = defaultsOf(body)
  const items = list.map((item, n) => itemOf(defaults, item as never, n))
  const failed = (error: unknown) => failedDecision(toFailure(needs, error))
  return { evaluations: await evaluate(needs, exchange, items, { enough, failed }) }
}

function semanticOf(body: JsonObject): (decision: Decision) => boolean {
  const options = fieldOf(body, 'options')
  if (options === undefined) return () => false
  const name = fieldOf(objectAt(options, 'options'), 'evaluations_semantic')
  if (name === undefined) return () => false
  const enough = typeof name === 'string' && Object.hasOwn(semantics, name) ? semantics[name] : undefined
  if (enough === undefined) throw invalidField('options.evaluations_semantic', 'in')
  return enough
}

/** What the items leave out. Junk there is the whole request's, whether or not an item would use it. */
function defaultsOf(body: JsonObject): JsonObject {
  const given = entities.flatMap((name) => {
    const value = fieldOf(body, name)
    return value === undefined ? [] : [[name, objectAt(value, name)] as const]
  })
  return Object.fromEntries(given)
}

/** An entity of the item stands in the place of the default, whole. */
function itemOf(defaults: JsonObject, item: JsonObject, n: number): Asked | AppError {
  try {
    return askedOf({ ...defaults, ...objectAt(item, `evaluations[${n}]`) })
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}
