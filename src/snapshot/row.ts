import type { Json, JsonObject } from '#core/json.ts'
import { instantOf } from './instant.ts'
import { isUuid } from './uuid.ts'

/** A row as to_jsonb writes it: what effects hold and what the loader selects. */
export type Row = { readonly [column: string]: unknown }

/** A row that cannot mean anything: it must give nothing, and nothing else may suffer from it (F20). */
export class PoisonRow extends Error {}

export function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new PoisonRow(`${column} is no text`)
  return value
}

export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null || row[column] === undefined ? undefined : text(row, column)
}

export function uuid(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string' || !isUuid(value)) throw new PoisonRow(`${column} is no UUID`)
  return value
}

export function optionalUuid(row: Row, column: string): string | undefined {
  return row[column] === null || row[column] === undefined ? undefined : uuid(row, column)
}

export function integer(row: Row, column: string): number {
  const value = row[column]
  if (!Number.isSafeInteger(value)) throw new PoisonRow(`${column} is no integer`)
  return value as number
}

export function boolean(row: Row, column: string): boolean {
  const value = row[column]
  if (typeof value !== 'boolean') throw new PoisonRow(`${column} is no boolean`)
  return value
}

export function oneOf<const T extends readonly unknown[]>(row: Row, column: string, allowed: T): T[number] {
  if (!allowed.includes(row[column])) throw new PoisonRow(`${column} is none of ${allowed.join(', ')}`)
  return row[column] as T[number]
}

export function texts(row: Row, column: string): readonly string[] {
  const value = row[column]
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw new PoisonRow(`${column} is no list of texts`)
  }
  return value as readonly string[]
}

export function object(row: Row, column: string): JsonObject {
  const value = row[column]
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new PoisonRow(`${column} is no object`)
  }
  return value as JsonObject
}

/** Absent for SQL null and for JSON null alike: an optional key is never null. */
export function optionalJson(row: Row, column: string): Json | undefined {
  return (row[column] ?? undefined) as Json | undefined
}

/** Milliseconds. */
export function optionalInstant(row: Row, column: string): number | undefined {
  const value = instantOf(row[column])
  if (Number.isNaN(value)) throw new PoisonRow(`${column} is no time`)
  return value
}
