import type { JsonObject } from '#core/json.ts'
import { invalidField } from '#rpc/invalid-field.ts'
import { limits } from '#rpc/limits.ts'
import { nestsDeeper } from './json-depth.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The fields of a JSON body, each asked for by name and kind: anything else throws INVALID_FIELD. */
export class JsonBody {
  readonly #fields: JsonObject

  /** No body at all has no fields. */
  constructor(body: unknown) {
    this.#fields = body instanceof Uint8Array && body.length > 0 ? parsed(body) : {}
  }

  /** Empty where it is absent or null. */
  text(name: string): string {
    const value = this.#of(name)
    if (value === undefined) return ''
    if (typeof value !== 'string') throw invalidField(name, 'string')
    return value
  }

  required(name: string): string {
    const value = this.text(name)
    if (value === '') throw invalidField(name, 'required')
    return value
  }

  /** A whole number of at least 0. */
  count(name: string): number | undefined {
    const value = this.#of(name)
    if (value === undefined) return undefined
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
      throw invalidField(name, 'count')
    return value
  }

  flag(name: string): boolean | undefined {
    const value = this.#of(name)
    if (value !== undefined && typeof value !== 'boolean') throw invalidField(name, 'boolean')
    return value
  }

  object(name: string): JsonObject {
    const value = this.#of(name)
    if (value === undefined) return {}
    if (typeof value !== 'object' || Array.isArray(value)) throw invalidField(name, 'object')
    return value as JsonObject
  }

  /** RFC 3339, as epoch milliseconds. */
  instant(name: string): number | undefined {
    const text = this.text(name)
    if (text === '') return undefined
    const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text)
      ? Date.parse(text)
      : Number.NaN
    if (Number.isNaN(ms)) throw invalidField(name, 'instant')
    return ms
  }

  #of(name: string) {
    const value = Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined
    return value === null ? undefined : value
  }
}

function parsed(body: Uint8Array): JsonObject {
  if (nestsDeeper(body, limits.nesting)) throw invalidField('', 'nesting')
  let json: unknown
  try {
    json = JSON.parse(utf8.decode(body))
  } catch {
    throw invalidField('', 'json')
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw invalidField('', 'object')
  return json as JsonObject
}
