import { toJson } from '@bufbuild/protobuf'
import { type Value, ValueSchema } from '@bufbuild/protobuf/wkt'
import type { Json } from '#core/json.ts'
import { invalidField } from './invalid-field.ts'

/** The value of a grant: a number ≥ 0, a text, a boolean, or a list of such. Throws INVALID_FIELD for anything else. */
export function grantValueOf(value: Value): Json {
  let json: Json
  try {
    json = toJson(ValueSchema, value) as Json
  } catch {
    // A number that JSON cannot say (NaN, infinite), or a Value that says nothing.
    throw invalidField('value', 'json')
  }
  const parts = Array.isArray(json) ? json : [json]
  for (const part of parts) {
    if (typeof part === 'object') throw invalidField('value', 'scalar')
    if (typeof part === 'number' && part < 0) throw invalidField('value', 'not_negative')
  }
  return json
}
