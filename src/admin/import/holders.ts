import { lockHolders } from '#admin/lock-holders.ts'
import type { Holder } from '#admin/resolve-holder.ts'
import type { Tx } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import type { ImportPerson, Rejected } from './import-row.ts'

/** A line of a slice, with the ids under which its rights are held. */
export type Placed = Holder & { readonly person: ImportPerson; readonly isNew: boolean }

type Identity = {
  readonly iss: string
  readonly sub: string
  readonly subject_id: string
  readonly gone: boolean
}

/**
 * Finds the holders of a slice, and makes the people whom nobody has seen yet; a person named on several lines is one.
 * Who is known is locked: two writes about one holder go one after the other.
 */
export async function placeHolders(
  tx: Tx,
  tenant: string,
  people: readonly ImportPerson[],
  reject: (rejected: Rejected) => void,
): Promise<readonly Placed[]> {
  const identities = await knownIdentities(tx, tenant, people)
  const subjects = await knownSubjects(tx, tenant, people)
  const organizations = await knownOrganizations(tx, tenant, people)
  const issuers = await knownIssuers(tx, tenant)
  const made = new Map<string, { readonly id: string; readonly person: ImportPerson }>()
  const placed: Placed[] = []
  const place = (person: ImportPerson, subject_id: string, isNew: boolean) =>
    placed.push({ person, subject_id, organization_id: null, isNew })
  for (const person of people) {
    const { holder, line } = person
    if ('subject' in holder) {
      if (subjects.has(holder.subject)) place(person, holder.subject, false)
      else reject({ line, reason: `There is no subject "sub_${holder.subject}".` })
      continue
    }
    if ('organization' in holder) {
      const organization_id = organizations.get(holder.organization)
      if (organization_id !== undefined)
        placed.push({ person, subject_id: null, organization_id, isNew: false })
      else reject({ line, reason: `There is no organization "${holder.organization}".` })
      continue
    }
    const name = nameOf(holder)
    const known = identities.get(name)
    if (known?.gone) reject({ line, reason: 'The person was deleted.' })
    else if (known) place(person, known.subject_id, false)
    else if (!issuers.has(holder.iss)) reject({ line, reason: `The tenant has no issuer "${holder.iss}".` })
    else {
      const found = made.get(name) ?? { id: newId(), person }
      made.set(name, found)
      place(person, found.id, true)
    }
  }
  await makePeople(tx, [...made.values()])
  await lockHolders(
    tx,
    tenant,
    placed.filter(({ isNew }) => !isNew),
  )
  return placed
}

async function knownIdentities(tx: Tx, tenant: string, people: readonly ImportPerson[]) {
  const named = people.flatMap(({ holder }) => ('sub' in holder ? [holder] : []))
  if (named.length === 0) return new Map<string, Identity>()
  // One by one by their keys: while statistics lag behind an import, a join would read everybody for each slice.
  const rows = await tx<Identity[]>`
    select i.iss, i.sub, i.subject_id, s.deleted_at is not null as gone
    from unnest(${named.map(({ iss }) => iss)}::text[], ${named.map(({ sub }) => sub)}::text[]) w (iss, sub)
    cross join lateral (select * from vouchsafe.identities where tenant_id = ${tenant} and iss = w.iss and sub = w.sub offset 0) i
    cross join lateral (select * from vouchsafe.subjects where tenant_id = ${tenant} and id = i.subject_id offset 0) s`
  return new Map(rows.map((row) => [nameOf(row), row]))
}

async function knownSubjects(tx: Tx, tenant: string, people: readonly ImportPerson[]) {
  const ids = people.flatMap(({ holder }) => ('subject' in holder ? [holder.subject] : []))
  if (ids.length === 0) return new Set<string>()
  const rows = await tx<{ id: string }[]>`select id from vouchsafe.subjects
    where tenant_id = ${tenant} and id = any (${ids}::uuid[]) and deleted_at is null`
  return new Set(rows.map(({ id }) => id))
}

async function knownOrganizations(tx: Tx, tenant: string, people: readonly ImportPerson[]) {
  const keys = people.flatMap(({ holder }) => ('organization' in holder ? [holder.organization] : []))
  if (keys.length === 0) return new Map<string, string>()
  const rows = await tx<{ id: string; key: string }[]>`
    select id, key from vouchsafe.organizations where tenant_id = ${tenant} and key = any (${keys}::text[])`
  return new Map(rows.map(({ id, key }) => [key, id]))
}

async function knownIssuers(tx: Tx, tenant: string): Promise<ReadonlySet<string>> {
  const rows = await tx<{ iss: string }[]>`select iss from vouchsafe.issuers where tenant_id = ${tenant}`
  return new Set(rows.map(({ iss }) => iss))
}

async function makePeople(
  tx: Tx,
  made: readonly { readonly id: string; readonly person: ImportPerson }[],
): Promise<void> {
  if (made.length === 0) return
  const holders = made.map(
    ({ person: { holder } }) => holder as { readonly iss: string; readonly sub: string },
  )
  const ids = made.map(({ id }) => id)
  await tx`select vouchsafe.import_people(${ids}::uuid[], ${holders.map(({ iss }) => iss)}::text[],
    ${holders.map(({ sub }) => sub)}::text[], ${made.map(({ person }) => person.email ?? null)}::text[])`
}

// Both are visible characters: no two people give the same text.
function nameOf({ iss, sub }: { readonly iss: string; readonly sub: string }): string {
  return `${iss} ${sub}`
}
