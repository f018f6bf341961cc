import { isDeepStrictEqual } from 'node:util'
import { AppError } from '#core/errors.ts'
import type { Fragment } from '#postgres/fragment.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import type { Command, WriteScope } from './command.ts'
import { etagOf } from './etag.ts'
import { type Prefix, readId } from './ids.ts'
import { invalid } from './invalid.ts'
import { notFound } from './not-found.ts'
import { type Page, type PageInput, readPage } from './page.ts'

/** Columns for a field's value. Absent or empty values clear the column where it may be null. */
export type Columns = (
  value: never,
  context: { readonly tx: Tx; readonly scope: WriteScope },
) => Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>

/** A kind of thing that is administered row by row. */
export type ResourceSpec = {
  /** "product": names it in errors. */
  readonly noun: string
  readonly table: string
  /** The column that names a row to people, and by which lists are sorted. */
  readonly name: 'key' | 'id'
  /** The column that names a row to other tables. Default id. */
  readonly id?: 'key' | 'tenant_id'
  /** Of its ids, where they are shown. */
  readonly prefix?: Prefix
  /** The document as SQL (jsonb) over the row `r`; its etag is added. */
  readonly document: (tx: Tx) => Fragment
  /** What may be set when it is made. */
  readonly fields: Readonly<Record<string, Columns>>
  /** Throws INVALID_FIELD for a document whose fields do not go together. */
  readonly check?: (document: never) => void
  /** Fields that never change afterwards. */
  readonly fixed: readonly string[]
  /** Fields kept in other tables: called after the row is written, with the row's id. */
  readonly children?: Readonly<
    Record<string, (tx: Tx, scope: WriteScope, id: string, value: never) => Promise<void>>
  >
}

type Named = Readonly<Record<string, unknown>> & { readonly etag?: string }
export type UpdateInput<D> = {
  readonly document: D
  /** Fields to change, by name. */
  readonly fields: readonly string[]
}

type Row<D> = { readonly id: string; readonly name: string; readonly document: D }

/**
 * The standard commands of a resource: create, get, list, update. Each gives the document as it then stands. `N` are
 * the fields that creating it cannot do without.
 */
export function resource<D extends Named, N extends keyof D = keyof D>(spec: ResourceSpec) {
  const shown = (row: Row<D>): D => ({ ...row.document, etag: etagOf(row.document) })

  async function find(tx: Tx, scope: WriteScope, name: string, lock = false): Promise<Row<D>> {
    const wanted = spec.prefix ? readId(spec.prefix, name) : name
    const [row] =
      wanted === undefined
        ? []
        : await tx<Row<D>[]>`
            ${select(tx, spec)} where r.tenant_id = ${scope.tenant} and r.${tx(spec.name)} = ${wanted}
            ${lock ? tx`for no key update of r` : tx``}`
    if (!row) throw notFound(spec.noun, name)
    return row
  }

  const get: Command<string, D, WriteScope> = async (tx, scope, name) => shown(await find(tx, scope, name))

  const create: Command<Pick<D, N> & Partial<D>, D, WriteScope> = async (tx, scope, given) => {
    const document = given as Named
    const row = await columnsOf(spec, tx, scope, document, Object.keys(spec.fields))
    const key = { tenant_id: scope.tenant, ...(spec.id === undefined && { id: newId() }) }
    const all: Readonly<Record<string, unknown>> = { ...key, ...row }
    const id = String(all[idOf(spec)])
    spec.check?.(document as never)
    const made = await tx`insert into vouchsafe.${tx(spec.table)} ${tx(all)} on conflict do nothing`
    if (made.count === 0) throw taken(spec, document)
    await writeChildren(spec, tx, scope, id, document, Object.keys(spec.children ?? {}))
    return shown(await findById(tx, scope, id))
  }

  const update: Command<UpdateInput<D>, D, WriteScope> = async (tx, scope, { document, fields }) => {
    const found = await find(tx, scope, nameOf(spec, document), true)
    if (document.etag && document.etag !== etagOf(found.document)) {
      throw new AppError('ETAG_MISMATCH', `The ${spec.noun} was changed meanwhile.`, { noun: spec.noun })
    }
    for (const field of fields) checkMask(spec, field)
    spec.check?.({
      ...found.document,
      ...Object.fromEntries(fields.map((field) => [field, document[field]])),
    } as never)
    const changed = fields.filter((field) => !isDeepStrictEqual(document[field], found.document[field]))
    const row = await columnsOf(spec, tx, scope, document, changed)
    if (Object.keys(row).length > 0) {
      await tx`update vouchsafe.${tx(spec.table)} set ${tx(row)}
        where tenant_id = ${scope.tenant} and ${tx(idOf(spec))} = ${found.id}`
    }
    await writeChildren(spec, tx, scope, found.id, document, changed)
    return shown(await findById(tx, scope, found.id))
  }

  const list: Command<PageInput & { readonly where?: readonly [string, Fragment] }, Page<D>> = async (
    tx,
    scope,
    { where, ...input },
  ) => {
    const page = await readPage(
      scope.pageTokens,
      [scope.tenant, spec.table, where?.[0] ?? ''],
      input,
      (after, limit) => tx<Row<D>[]>`
        ${select(tx, spec)} where r.tenant_id = ${scope.tenant}
          ${after ? tx`and r.${tx(spec.name)} > ${after[0] as string}` : tx``}
          ${where ? tx`and ${where[1]}` : tx``}
        order by r.${tx(spec.name)} limit ${limit}`,
      (row) => [row.name],
    )
    return { ...page, items: page.items.map(shown) }
  }

  async function findById(tx: Tx, scope: WriteScope, id: string): Promise<Row<D>> {
    const [row] = await tx<
      Row<D>[]
    >`${select(tx, spec)} where r.tenant_id = ${scope.tenant} and r.${tx(idOf(spec))} = ${id}`
    if (!row) throw notFound(spec.noun, id)
    return row
  }

  const remove: Command<string, object, WriteScope> = async (tx, scope, name) => {
    const { id } = await find(tx, scope, name, true)
    await tx`delete from vouchsafe.${tx(spec.table)}
      where tenant_id = ${scope.tenant} and ${tx(idOf(spec))} = ${id}`
    return {}
  }

  return { get, create, update, list, remove, find }
}

function select(tx: Tx, spec: ResourceSpec): Fragment {
  return tx`select r.${tx(idOf(spec))} as id, r.${tx(spec.name)}::text as name, ${spec.document(tx)} as document
    from vouchsafe.${tx(spec.table)} r`
}

async function columnsOf(
  spec: ResourceSpec,
  tx: Tx,
  scope: WriteScope,
  document: Named,
  fields: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  const row: Record<string, unknown> = {}
  for (const field of fields) {
    const columns = spec.fields[field]
    if (columns) Object.assign(row, await columns(document[field] as never, { tx, scope }))
  }
  return row
}

async function writeChildren(
  spec: ResourceSpec,
  tx: Tx,
  scope: WriteScope,
  id: string,
  document: Named,
  fields: readonly string[],
): Promise<void> {
  for (const field of fields) await spec.children?.[field]?.(tx, scope, id, (document[field] ?? []) as never)
}

function checkMask(spec: ResourceSpec, field: string): void {
  const known = Object.hasOwn(spec.fields, field) || Object.hasOwn(spec.children ?? {}, field)
  if (known && !spec.fixed.includes(field)) return
  const reason = known ? 'never changes' : 'cannot be set here'
  throw invalid('update_mask', `The field ${field} of a ${spec.noun} ${reason}.`)
}

function idOf(spec: ResourceSpec): 'id' | 'key' | 'tenant_id' {
  return spec.id ?? 'id'
}

function nameOf(spec: ResourceSpec, document: Named): string {
  return String(document[spec.name] ?? '')
}

function taken(spec: ResourceSpec, document: Named): AppError {
  return new AppError('ALREADY_EXISTS', `There is such a ${spec.noun} already.`, {
    [spec.noun]: nameOf(spec, document),
  })
}
