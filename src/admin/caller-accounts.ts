import { AppError } from '#core/errors.ts'
import { platformTenant } from '#core/platform.ts'
import type { Tx } from '#postgres/pool.ts'
import { addCallerKey, disableCallerKey, type StoredKey } from './callers.ts'
import { orElse, orNull, stated } from './columns.ts'
import type { Command } from './command.ts'
import { readId } from './ids.ts'
import { invalid } from './invalid.ts'
import { notFound } from './not-found.ts'
import { type Columns, resource } from './resource.ts'

export type CallerDocument = {
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly roles: readonly string[]
  readonly certificate_sha256: string
  readonly subject: string
  readonly disabled: boolean
  readonly keys?: readonly KeyDocument[]
  readonly etag?: string
}

export type KeyDocument = {
  readonly id: string
  readonly created_at?: string
  readonly expires_at?: string
  readonly disabled_at?: string
}

const accounts = resource<CallerDocument>({
  noun: 'caller',
  table: 'callers',
  name: 'id',
  prefix: 'clr',
  document: (tx) => tx`jsonb_build_object('id', 'clr_' || r.id, 'name', r.name, 'kind', r.kind,
    'roles', to_jsonb(r.roles), 'certificate_sha256', coalesce(r.certificate_sha256, ''),
    'subject', coalesce('sub_' || r.subject_id, ''), 'disabled', r.disabled_at is not null, 'keys', (
      select coalesce(jsonb_agg(${keyDocument(tx)} order by k.created_at, k.id), '[]') from vouchsafe.caller_keys k
      where k.tenant_id = r.tenant_id and k.caller_id = r.id))`,
  fields: {
    name: stated('name'),
    kind: orElse('kind', 'key'),
    roles: roles(),
    certificate_sha256: orNull('certificate_sha256'),
    subject: subject(),
    disabled: (disabled: boolean, { scope }) => ({ disabled_at: disabled ? new Date(scope.now) : null }),
  },
  fixed: ['kind', 'subject'],
})

export const { create: createCaller, get: getCaller, list: listCallers, update: updateCaller } = accounts

export type NewKey = StoredKey & { readonly caller: string }

/** Keeps a key of a caller: its digest only. */
export const createCallerKey: Command<NewKey, { readonly key: KeyDocument }> = async (tx, scope, key) => {
  const { id } = await accounts.find(tx, scope, key.caller, true)
  await addCallerKey(tx, scope.tenant, id, key)
  return { key: await findKey(tx, scope.tenant, key.id) }
}

/** Ends a key; one that is ended already stays as it was. */
export const endCallerKey: Command<string, { readonly key: KeyDocument }> = async (tx, scope, id) => {
  await disableCallerKey(tx, scope.tenant, id, scope.now)
  return { key: await findKey(tx, scope.tenant, id) }
}

async function findKey(tx: Tx, tenant: string, id: string): Promise<KeyDocument> {
  const [row] = await tx<{ key: KeyDocument }[]>`
    select ${keyDocument(tx)} as key from vouchsafe.caller_keys k where k.tenant_id = ${tenant} and k.id = ${id}`
  if (!row) throw notFound('key', id)
  return row.key
}

function keyDocument(tx: Tx) {
  return tx`jsonb_strip_nulls(jsonb_build_object('id', k.id, 'created_at', k.created_at,
    'expires_at', k.expires_at, 'disabled_at', k.disabled_at))`
}

function roles(): Columns {
  return (list: readonly string[], { scope }) => {
    if (list.length === 0) throw invalid('roles', 'At least one role has to be stated.')
    // The platform's operators are the platform's own callers: no tenant makes itself one.
    if (list.includes('operator') && scope.tenant !== platformTenant) {
      throw new AppError('CALLER_NOT_ALLOWED', 'A tenant has no operators.', { role: 'operator' })
    }
    return { roles: [...list] }
  }
}

function subject(): Columns {
  return async (text: string, { tx, scope }) => {
    if (text === '') return { subject_id: null }
    const id = readId('sub', text)
    const [row] =
      id === undefined
        ? []
        : await tx`select from vouchsafe.subjects where tenant_id = ${scope.tenant} and id = ${id}`
    if (id === undefined || !row) throw notFound('subject', text)
    return { subject_id: id }
  }
}
