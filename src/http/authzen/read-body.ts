import type { FastifyRequest } from 'fastify'
import type { Json, JsonObject } from '#core/json.ts'
import { nestsDeeper } from '#http/json-depth.ts'
import { invalidField } from '#rpc/invalid-field.ts'
import { limits } from '#rpc/limits.ts'
import { objectAt } from './json-fields.ts'

/** What lies around an item's properties in the deepest request. */
const envelope = 5
const utf8 = new TextDecoder('utf-8', { fatal: true })

const escapedSurrogate = /\\ud[89a-f]/i

/** Whether no text in it has half a character: a policy could not read it. */
function isWellFormed(json: string): boolean {
  let wellFormed = true
  JSON.parse(json, (name: string, value: unknown) => {
    wellFormed &&= name.isWellFormed() && (typeof value !== 'string' || value.isWellFormed())
    return value
  })
  return wellFormed
}

/** The JSON object of a request. Throws INVALID_FIELD for any other media type, and for anything else. */
export function readBody(request: FastifyRequest): JsonObject {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json') throw invalidField('content-type', 'application/json')
  const body = request.body instanceof Uint8Array ? request.body : new Uint8Array()
  if (nestsDeeper(body, limits.nesting + envelope)) throw invalidField('body', 'nesting')
  let json: Json
  let text: string
  try {
    text = utf8.decode(body)
    json = JSON.parse(text) as Json
  } catch {
    throw invalidField('body', 'json')
  }
  if (escapedSurrogate.test(text) && !isWellFormed(text)) throw invalidField('body', 'utf-8')
  return objectAt(json, 'body')
}
