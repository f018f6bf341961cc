import type { FastifyRequest } from 'fastify'
import type { Json, JsonObject } from '#core/json.ts'
import { nestsDeeper } from '#http/json-depth.ts'
import { invalidField } from '#rpc/invalid-field.ts'
import { limits } from '#rpc/limits.ts'
import { objectAt } from './json-fields.ts'

/** What lies around an item's properties in the deepest request. */
const envelope = 5
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The JSON object of a request. Throws INVALID_FIELD for any other media type, and for anything else. */
export function readBody(request: FastifyRequest): JsonObject {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json') throw invalidField('content-type', 'application/json')
  const body = request.body instanceof Uint8Array ? request.body : new Uint8Array()
  if (nestsDeeper(body, limits.nesting + envelope)) throw invalidField('body', 'nesting')
  let json: Json
  try {
    json = JSON.parse(utf8.decode(body)) as Json
  } catch {
    throw invalidField('body', 'json')
  }
  return objectAt(json, 'body')
}
