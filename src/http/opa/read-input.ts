import { gunzipSync } from 'node:zlib'
import type { FastifyRequest } from 'fastify'
import type { Json, JsonObject } from '#core/json.ts'
import { nestsDeeper } from '#http/json-depth.ts'
import { invalidField } from '#rpc/invalid-field.ts'
import { limits } from '#rpc/limits.ts'

/** The levels around the attributes of a question. */
const envelope = 5
/** What inflates further is no JSON that anybody wrote. */
const maxRatio = 100
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Undefined: nothing was sent. */
export type ReadInput = () => Json | undefined

/** The `input` of a v1 request: in the body's member, or on GET in the query. Throws INVALID_FIELD. */
export function v1Input(request: FastifyRequest): ReadInput {
  return () => {
    if (request.method === 'GET') {
      const text = (request.query as Readonly<Record<string, unknown>>).input
      if (text === undefined) return undefined
      if (typeof text !== 'string') throw invalidField('input', 'one')
      return parsed(Buffer.from(text), 'input')
    }
    const body = parsedBody(request)
    if (body === undefined) return undefined
    if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalidField('body', 'object')
    return Object.hasOwn(body, 'input') ? (body as JsonObject).input : undefined
  }
}

/** The `input` of a v0 request, which is the whole body. Throws INVALID_FIELD. */
export function v0Input(request: FastifyRequest): ReadInput {
  return () => parsedBody(request)
}

function parsedBody(request: FastifyRequest): Json | undefined {
  const body = request.body instanceof Uint8Array ? request.body : new Uint8Array()
  return body.length === 0 ? undefined : parsed(inflated(request.headers['content-encoding'], body), 'body')
}

/** Never more than a plain body may have, nor than the ratio allows: a bomb is given up where it passes that. */
function inflated(encoding: string | undefined, body: Uint8Array): Uint8Array {
  if (encoding === undefined || encoding === 'identity') return body
  if (encoding.toLowerCase() !== 'gzip') throw invalidField('content-encoding', 'gzip')
  try {
    return gunzipSync(body, { maxOutputLength: Math.min(limits.messageBytes, body.length * maxRatio) })
  } catch {
    throw invalidField('content-encoding', 'gzip')
  }
}

function parsed(text: Uint8Array, field: string): Json {
  if (nestsDeeper(text, limits.nesting + envelope)) throw invalidField(field, 'nesting')
  try {
    return JSON.parse(utf8.decode(text)) as Json
  } catch {
    throw invalidField(field, 'json')
  }
}
