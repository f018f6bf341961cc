import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import { checkIdentity } from './check-identity.ts'
import type { HolderRef } from './grant-types.ts'
import { readId } from './ids.ts'
import { notFound } from './not-found.ts'

/** Exactly one of the two is set. */
export type Holder = { readonly subject_id: string | null; readonly organization_id: string | null }

/**
 * Finds the holder and, for a write, locks its row: two writes about one holder go one after the other.
 * Unknown: AppError NOT_FOUND.
 */
export async function resolveHolder(tx: Tx, tenant: string, ref: HolderRef, lock: boolean): Promise<Holder> {
  if ('organization' in ref)
    return { subject_id: null, organization_id: await organization(tx, tenant, ref.organization, lock) }
  const id =
    'subject' in ref ? await subject(tx, tenant, ref.subject) : await identity(tx, tenant, ref.identity)
  if (id === undefined)
    throw 'subject' in ref ? notFound('subject', ref.subject) : notFound('identity', ref.identity.subject)
  if (lock)
    await tx`select from vouchsafe.subjects where tenant_id = ${tenant} and id = ${id} for no key update`
  return { subject_id: id, organization_id: null }
}

/** As above for a grant: a person nobody has seen yet gets a subject and an identity. */
export async function resolveOrCreateHolder(tx: Tx, tenant: string, ref: HolderRef): Promise<Holder> {
  if (!('identity' in ref)) return resolveHolder(tx, tenant, ref, true)
  const { issuer, subject: sub } = ref.identity
  checkIdentity('holder.identity', ref.identity)
  await tx`select pg_advisory_xact_lock(hashtextextended(${JSON.stringify(['identity', tenant, issuer, sub])}, 0))`
  if ((await identity(tx, tenant, ref.identity)) === undefined) {
    const id = newId()
    await tx`insert into vouchsafe.subjects (tenant_id, id) values (${tenant}, ${id})`
    await tx`insert into vouchsafe.identities (tenant_id, iss, sub, subject_id) values (${tenant}, ${issuer}, ${sub}, ${id})`
  }
  return resolveHolder(tx, tenant, ref, true)
}

/** An organization's id, found by id or by key. */
export async function organization(tx: Tx, tenant: string, idOrKey: string, lock = false): Promise<string> {
  const id = readId('org', idOrKey)
  const [row] = await tx<{ id: string }[]>`
    select id from vouchsafe.organizations
    where tenant_id = ${tenant} and ${id === undefined ? tx`key = ${idOrKey}` : tx`id = ${id}`}
    ${lock ? tx`for no key update` : tx``}`
  if (!row) throw notFound('organization', idOrKey)
  return row.id
}

async function subject(tx: Tx, tenant: string, text: string): Promise<string | undefined> {
  const id = readId('sub', text)
  if (id === undefined) return undefined
  const [row] =
    await tx`select from vouchsafe.subjects where tenant_id = ${tenant} and id = ${id} and deleted_at is null`
  return row && id
}

async function identity(
  tx: Tx,
  tenant: string,
  ref: { issuer: string; subject: string },
): Promise<string | undefined> {
  const [row] = await tx<{ subject_id: string }[]>`
    select i.subject_id from vouchsafe.identities i
    join vouchsafe.subjects s on s.tenant_id = i.tenant_id and s.id = i.subject_id
    where i.tenant_id = ${tenant} and i.iss = ${ref.issuer} and i.sub = ${ref.subject} and s.deleted_at is null`
  return row?.subject_id
}
