import { isDeepStrictEqual } from 'node:util'
import { AppError } from '#core/errors.ts'
import type { Json } from '#core/json.ts'
import type { CatalogChange, FieldChange } from './documents.ts'

type Thing = Readonly<Record<string, unknown>>

/** A change, and what it is made with: the wanted thing, in its normal form. */
export type Step<T = unknown> = CatalogChange & { readonly wanted: T }

/** How one kind of thing is compared. */
export type KindSpec<T> = {
  readonly kind: CatalogChange['kind']
  /** Of the document: "entitlements". */
  readonly list: string
  readonly nameOf: (thing: T) => string
  /** What names it, and is not compared. */
  readonly naming: readonly string[]
  /** Fields that never change. */
  readonly fixed: readonly string[]
}

export type Compared<T> = {
  readonly created: readonly Step<T>[]
  readonly updated: readonly Step<T>[]
  /** Stored, and not in the document. */
  readonly unnamed: readonly T[]
}

/** What has to be made and changed. A name twice in the document: INVALID_FIELD; a fixed field: FAILED_PRECONDITION. */
export function compare<T extends object>(
  spec: KindSpec<T>,
  stored: readonly T[],
  wanted: readonly T[],
): Compared<T> {
  const known = new Map(stored.map((thing) => [spec.nameOf(thing), thing]))
  const named = new Set<string>()
  const created: Step<T>[] = []
  const updated: Step<T>[] = []
  wanted.forEach((thing, at) => {
    const name = spec.nameOf(thing)
    const path = `${spec.list}[${at}]`
    if (named.has(name)) {
      const metadata = { field: spec.naming[0] ?? '', path }
      throw new AppError('INVALID_FIELD', `The ${spec.kind} "${name}" is named twice.`, metadata)
    }
    named.add(name)
    const found = known.get(name)
    const fields = fieldChanges(found as Thing | undefined, thing as Thing, spec.naming)
    const step = { kind: spec.kind, name, fields, path, wanted: thing }
    if (!found) created.push({ ...step, action: 'create' })
    else if (fields.length > 0) updated.push({ ...step, action: 'update' })
    const fixed = found && fields.find(({ field }) => spec.fixed.includes(field))
    if (fixed) {
      throw new AppError('FAILED_PRECONDITION', `The ${fixed.field} of a ${spec.kind} never changes.`, {
        field: fixed.field,
        path,
        name,
      })
    }
  })
  return { created, updated, unnamed: stored.filter((thing) => !named.has(spec.nameOf(thing))) }
}

/** The fields that differ; of something new, those that say anything. */
export function fieldChanges(
  before: Thing | undefined,
  after: Thing,
  naming: readonly string[],
): readonly FieldChange[] {
  return Object.keys({ ...before, ...after })
    .filter((field) => !naming.includes(field) && !isDeepStrictEqual(before?.[field], after[field]))
    .filter((field) => before !== undefined || saysSomething(after[field]))
    .map((field) => ({
      field,
      ...(before?.[field] !== undefined && { before: before[field] as Json }),
      after: (after[field] ?? null) as Json,
    }))
}

function saysSomething(value: unknown): boolean {
  if (value === undefined || value === '' || value === false || value === 0) return false
  return typeof value !== 'object' || value === null || Object.keys(value).length > 0
}
