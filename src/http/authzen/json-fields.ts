import type { Json, JsonObject } from '#core/json.ts'
import { invalidField } from '#rpc/invalid-field.ts'

/** A member of an object, if it has one: nothing that objects inherit. */
export function fieldOf(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/** Throws INVALID_FIELD for anything but an object. */
export function objectAt(value: Json | undefined, path: string): JsonObject {
  if (value === undefined) throw invalidField(path, 'required')
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidField(path, 'object')
  return value as JsonObject
}

/** Throws INVALID_FIELD for anything but a text that says something. */
export function textAt(value: Json | undefined, path: string): string {
  if (value === undefined) throw invalidField(path, 'required')
  if (typeof value !== 'string') throw invalidField(path, 'string')
  if (value === '') throw invalidField(path, 'required')
  return value
}

/** Throws INVALID_FIELD for what is there and no whole number from `least` on. */
export function countAt(value: Json | undefined, path: string, least: number): number | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least)
    throw invalidField(path, 'count')
  return value
}

/** The other members, as they were. */
export function without(object: JsonObject, ...names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))
}
