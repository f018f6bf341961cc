import type { SeatPurchase, SubjectRow } from '#core/tenant-view.ts'
import { memberRoles } from './codes.ts'
import { poolBought } from './pool-table.ts'
import { holderOf, holdGrant, putGrant } from './read-grant.ts'
import { integer, oneOf, optionalInstant, optionalJson, PoisonRow, type Row, text, uuid } from './row.ts'
import { salvage } from './salvage.ts'
import type { TenantData } from './tenant-data.ts'
import type { Touched } from './touched.ts'
import { parseUuid } from './uuid.ts'

/** How rows of the tables that grow with the people are put and removed. `put` and `hold` throw PoisonRow. */
type Handler = {
  /** Puts a new row where nobody finds it before it is revealed. False where it is to be put: it is not new, say. */
  readonly hold?: (data: TenantData, row: Row, touched: Touched) => boolean
  readonly put: (data: TenantData, row: Row, touched: Touched) => void
  readonly remove: (data: TenantData, key: Row, touched: Touched) => void
}

const subjects: Handler = {
  put(data, row, touched) {
    const id = uuid(row, 'id')
    touched.subjects.add(id)
    const slot = data.ids.intern(id)
    // A subject whose row cannot be read counts as deleted.
    data.subjects.set(slot, 'user', true, Number.NaN)
    data.subjects.set(slot, ...subjectOf(row))
  },
  hold(data, row, touched) {
    const id = uuid(row, 'id')
    const slot = data.ids.intern(id)
    if (data.subjects.has(slot)) return false
    data.subjects.hold(slot, ...subjectOf(row))
    touched.subjects.add(id)
    return true
  },
  remove(data, key, touched) {
    touched.subjects.add(String(key.id))
    data.subjects.delete(data.ids.find(String(key.id)))
  },
}

const identities: Handler = {
  put(data, row, touched) {
    const subject = uuid(row, 'subject_id')
    identities.remove(data, row, touched)
    touched.subjects.add(subject)
    data.identities.set(text(row, 'iss'), text(row, 'sub'), data.ids.intern(subject))
  },
  hold(data, row, touched) {
    const iss = text(row, 'iss')
    const sub = text(row, 'sub')
    const subject = uuid(row, 'subject_id')
    if (data.identities.has(iss, sub)) return false
    data.identities.hold(iss, sub, data.ids.intern(subject))
    touched.subjects.add(subject)
    return true
  },
  remove(data, key, touched) {
    const before = data.identities.delete(text(key, 'iss'), text(key, 'sub'))
    if (before !== 0) touched.subjects.add(data.ids.text(before))
  },
}

const organization_members: Handler = {
  put(data, row, touched) {
    organization_members.remove(data, row, touched)
    const organization = data.ids.intern(uuid(row, 'organization_id'))
    const role = memberRoles.indexOf(oneOf(row, 'role', memberRoles))
    data.memberships.set(data.ids.intern(uuid(row, 'subject_id')), organization, role)
  },
  remove(data, key, touched) {
    touched.subjects.add(String(key.subject_id))
    const subject = data.ids.find(String(key.subject_id))
    data.memberships.delete(subject, data.ids.find(String(key.organization_id)))
  },
}

const seats: Handler = {
  put(data, row, touched) {
    seats.remove(data, row, touched)
    const subject = uuid(row, 'subject_id')
    touched.subjects.add(subject)
    if (optionalInstant(row, 'released_at') !== undefined) return
    const pool = uuid(row, 'pool_id')
    // What is suspended in a pool hangs on all who hold a seat of it.
    if (data.pools.rule(pool) === 'suspend_newest') touched.tenant_wide = true
    const at = optionalInstant(row, 'assigned_at')
    if (at === undefined) throw new PoisonRow('assigned_at is missing')
    data.seats.put(uuid(row, 'id'), data.ids.intern(subject), data.ids.intern(pool), at)
  },
  remove(data, key, touched) {
    const subject = data.seats.delete(String(key.id))
    if (subject !== 0) touched.subjects.add(data.ids.text(subject))
  },
}

const grants: Handler = {
  put(data, row, touched) {
    data.pools.return(String(row.id))
    touchHolder(data, holderOf(row), touched)
    putGrant(data, row, (before) => {
      if (before !== 0) touchHolder(data, data.ids.text(before), touched)
    })
    const pool = poolBought(row)
    if (pool !== undefined) data.pools.buy(uuid(row, 'id'), pool, purchaseOf(row))
  },
  hold(data, row, touched) {
    if (!holdGrant(data, row)) return false
    touchHolder(data, holderOf(row), touched)
    return true
  },
  remove(data, key, touched) {
    data.pools.return(String(key.id))
    const id = new Uint32Array(4)
    if (!parseUuid(String(key.id), id)) return
    const holder = data.grants.delete(id)
    if (holder !== 0) touchHolder(data, data.ids.text(holder), touched)
  },
}

const facts: Handler = {
  put(data, row, touched) {
    touched.subjects.add(uuid(row, 'subject_id'))
    setFact(
      data,
      data.ids.intern(uuid(row, 'subject_id')),
      text(row, 'key'),
      optionalJson(row, 'value') ?? null,
    )
  },
  remove(data, row, touched) {
    touched.subjects.add(String(row.subject_id))
    const key = data.texts.find(String(row.key))
    const value = data.facts.delete(data.ids.find(String(row.subject_id)), key)
    if (value === -1) return
    data.texts.release(key)
    data.texts.release(value)
  },
}

const experiment_assignments: Handler = {
  put(data, row, touched) {
    touched.subjects.add(uuid(row, 'subject_id'))
    const experiment = data.names.intern(text(row, 'experiment'))
    const variant = data.names.intern(text(row, 'variant'))
    data.experiments.set(data.ids.intern(uuid(row, 'subject_id')), experiment, variant)
  },
  remove(data, key, touched) {
    touched.subjects.add(String(key.subject_id))
    data.experiments.delete(data.ids.find(String(key.subject_id)), data.names.find(String(key.experiment)))
  },
}

const organizations: Handler = {
  put(data, row, touched) {
    touched.tenant_wide = true
    data.organizations.put(row)
  },
  remove(data, key, touched) {
    touched.tenant_wide = true
    data.organizations.delete(key)
  },
}

const seat_pools: Handler = {
  put(data, row, touched) {
    touched.tenant_wide = true
    data.pools.put(row)
  },
  remove(data, key, touched) {
    touched.tenant_wide = true
    data.pools.delete(String(key.id))
  },
}

// Who may call changes nothing about what anybody is entitled to.
const delegations: Handler = {
  put: (data, row) => data.delegations.put(row),
  remove: (data, key) => data.delegations.delete(String(key.id)),
}

export const bigTables: Readonly<Record<string, Handler>> = {
  subjects,
  identities,
  organizations,
  organization_members,
  seat_pools,
  seats,
  delegations,
  grants,
  facts,
  experiment_assignments,
}

/** Puts a row; a poison one is reported and leaves nothing but what fails closed. */
export function putRow(table: string, data: TenantData, row: Row, touched: Touched): void {
  salvage(table, data.onPoison, () => bigTables[table]?.put(data, row, touched))
}

/** Whether the row is held; else it is to be put, which tells what is wrong with it. */
export function holdRow(table: string, data: TenantData, row: Row, touched: Touched): boolean {
  try {
    return bigTables[table]?.hold?.(data, row, touched) ?? false
  } catch (error) {
    if (error instanceof PoisonRow) return false
    throw error
  }
}

export function setFact(data: TenantData, subject: number, key: string, value: unknown): void {
  const keyText = data.texts.intern(key)
  const before = data.facts.set(subject, keyText, data.texts.intern(JSON.stringify(value)))
  if (before === -1) return
  data.texts.release(keyText)
  data.texts.release(before)
}

function subjectOf(row: Row): [SubjectRow['kind'], boolean, number] {
  const kind = oneOf(row, 'kind', ['user', 'service'])
  const deleted = optionalInstant(row, 'deleted_at') !== undefined
  return [kind, deleted, optionalInstant(row, 'tokens_not_before') ?? Number.NaN]
}

function purchaseOf(row: Row): SeatPurchase {
  const starts = optionalInstant(row, 'starts_at')
  if (starts === undefined) throw new PoisonRow('starts_at is missing')
  const ends = optionalInstant(row, 'ends_at')
  return {
    starts_at: starts,
    ...(ends !== undefined && { ends_at: ends }),
    ...((row.quantity ?? undefined) !== undefined && { quantity: integer(row, 'quantity') }),
  }
}

/** Whoever a grant is of is touched; an organization's, all of its tenant. */
export function touchHolder(data: TenantData, holder: string, touched: Touched): void {
  // Rights of one come one after the other.
  if (holder === touched.latest) return
  touched.latest = holder
  if (data.organizations.has(holder)) touched.tenant_wide = true
  else touched.subjects.add(holder)
}
