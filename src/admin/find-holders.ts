import type { Tx } from '#postgres/pool.ts'
import type { HolderRef } from './grant-types.ts'
import { readId } from './ids.ts'
import type { Holder } from './resolve-holder.ts'

type Asked = { readonly n: number; readonly key: string; readonly issuer: string }
type Found = { readonly n: number; readonly id: string }

/** Many holders at once, in the order asked; undefined where nobody knows one. */
export async function findHolders(
  tx: Tx,
  tenant: string,
  refs: readonly HolderRef[],
): Promise<readonly (Holder | undefined)[]> {
  const subjects: Asked[] = []
  const identities: Asked[] = []
  const byId: Asked[] = []
  const byKey: Asked[] = []
  for (const [n, ref] of refs.entries()) {
    if ('identity' in ref) identities.push({ n, key: ref.identity.subject, issuer: ref.identity.issuer })
    else if ('subject' in ref) ask(subjects, n, readId('sub', ref.subject))
    else {
      const id = readId('org', ref.organization)
      ask(id === undefined ? byKey : byId, n, id ?? ref.organization)
    }
  }
  const found: (Holder | undefined)[] = refs.map(() => undefined)
  for (const { n, id } of await findSubjects(tx, tenant, subjects))
    found[n] = { subject_id: id, organization_id: null }
  for (const { n, id } of await findIdentities(tx, tenant, identities))
    found[n] = { subject_id: id, organization_id: null }
  for (const { n, id } of await findOrganizations(tx, tenant, byId, byKey))
    found[n] = { subject_id: null, organization_id: id }
  return found
}

function ask(list: Asked[], n: number, key: string | undefined): void {
  if (key !== undefined) list.push({ n, key, issuer: '' })
}

const numbers = (asked: readonly Asked[]) => asked.map(({ n }) => n)
const keys = (asked: readonly Asked[]) => asked.map(({ key }) => key)

// One by one by their keys: while statistics lag behind many who are new, a join would read everybody for each call.
async function findSubjects(tx: Tx, tenant: string, asked: readonly Asked[]): Promise<readonly Found[]> {
  if (asked.length === 0) return []
  return tx<Found[]>`
    select a.n, s.id from unnest(${numbers(asked)}::integer[], ${keys(asked)}::uuid[]) a (n, id)
    cross join lateral (select id, deleted_at from vouchsafe.subjects where tenant_id = ${tenant} and id = a.id offset 0) s
    where s.deleted_at is null`
}

async function findIdentities(tx: Tx, tenant: string, asked: readonly Asked[]): Promise<readonly Found[]> {
  if (asked.length === 0) return []
  return tx<Found[]>`
    select a.n, i.subject_id as id
    from unnest(${numbers(asked)}::integer[], ${asked.map(({ issuer }) => issuer)}::text[], ${keys(asked)}::text[]) a (n, iss, sub)
    cross join lateral (select subject_id from vouchsafe.identities where tenant_id = ${tenant} and iss = a.iss and sub = a.sub offset 0) i
    cross join lateral (select deleted_at from vouchsafe.subjects where tenant_id = ${tenant} and id = i.subject_id offset 0) s
    where s.deleted_at is null`
}

async function findOrganizations(
  tx: Tx,
  tenant: string,
  byId: readonly Asked[],
  byKey: readonly Asked[],
): Promise<readonly Found[]> {
  if (byId.length + byKey.length === 0) return []
  return tx<Found[]>`
    select a.n, o.id from unnest(${numbers(byId)}::integer[], ${keys(byId)}::uuid[]) a (n, id)
    join vouchsafe.organizations o on o.tenant_id = ${tenant} and o.id = a.id
    union all
    select a.n, o.id from unnest(${numbers(byKey)}::integer[], ${keys(byKey)}::text[]) a (n, key)
    join vouchsafe.organizations o on o.tenant_id = ${tenant} and o.key = a.key collate "C"`
}
