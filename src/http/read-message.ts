import { type DescMessage, fromJson, type JsonValue, type MessageShape } from '@bufbuild/protobuf'
import { decode, undecodable } from '#rpc/decode.ts'
import { invalidField } from '#rpc/invalid-field.ts'
import { limits } from '#rpc/limits.ts'
import { nestsDeeper } from './json-depth.ts'

/** The levels around `context.attributes` in the deepest request (BatchCheck). */
const envelope = 5
const text = new TextDecoder('utf-8', { fatal: true })

/** A message of a body, by its media type. Throws INVALID_FIELD. Unknown JSON fields are ignored, as unknown tags are. */
export function readMessage<Desc extends DescMessage>(
  schema: Desc,
  body: Uint8Array,
  binary: boolean,
): MessageShape<Desc> {
  if (binary) return decode(schema, body)
  if (nestsDeeper(body, limits.nesting + envelope)) throw invalidField('', 'nesting')
  try {
    const json = JSON.parse(text.decode(body)) as JsonValue
    return fromJson(schema, json, { ignoreUnknownFields: true })
  } catch {
    throw undecodable()
  }
}
