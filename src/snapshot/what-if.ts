import type { Membership, TenantView } from '#core/tenant-view.ts'
import type { WhatIf } from '#core/what-if.ts'
import { type AppliedEffect, applyChange } from './apply-change.ts'
import type { Row } from './row.ts'
import type { SeededHash } from './seeded-hash.ts'
import { isSmallTable, type SmallTable, smallTables } from './small-tables.ts'
import { TenantData } from './tenant-data.ts'
import { viewOf } from './tenant-view.ts'
import { touchedBy } from './touched-by.ts'

/**
 * A tenant as it is and as effects would leave it. The changed rows are read by what applies the feed, into data of
 * their own; all others stay where they are, and go on following the feed.
 */
export function whatIf(data: TenantData, effects: readonly AppliedEffect[], hash: SeededHash): WhatIf {
  const changed = new TenantData(data.id, data.place, { hash, onPoison: () => {} })
  if (effects.some(({ table_name }) => isSmallTable(table_name))) copyRows(data, changed)
  else changed.catalogue = data.catalogue
  const newTree = effects.some(({ table_name }) => table_name === 'organizations')
  if (newTree) data.organizations.copyTo(changed.organizations)
  const rows = effects.map((effect) => ({
    table: effect.table_name,
    row: JSON.parse(effect.after ?? effect.key) as Row,
  }))
  const pools = poolsIn(rows)
  for (const pool of pools) copyPool(data, changed, pool)
  applyChange(changed, effects, data.place)

  const hidden = new Set(rows.map(({ table, row }) => nameOf(table, row)))
  // Of one revision and one catalogue, whatever the feed does meanwhile.
  const present = { ...viewOf(data) }
  const after = merged(present, viewOf(changed), { hidden, pools, newTree })
  return {
    before: present,
    after,
    *subjects() {
      yield* subjectsOf(data)
      for (const id of subjectsOf(changed)) if (!present.subject(id)) yield id
    },
    touched: touchedBy(rows, present, after, subjectsSeated(data, changed, pools)),
  }
}

/** A row that effects leave, or the key of one that is gone. */
export type Changed = { readonly table: string; readonly row: Row }

function copyRows(from: TenantData, to: TenantData): void {
  for (const table of Object.keys(smallTables) as SmallTable[])
    for (const row of from.rows.all(table)) to.rows.put(table, row)
}

/** Pools of which a seat, a purchase or the rule changes: then it may for each of its seats whether it counts. */
function poolsIn(rows: readonly Changed[]): ReadonlySet<string> {
  const pools = new Set<string>()
  for (const { table, row } of rows) {
    if (table === 'seat_pools') pools.add(String(row.id))
    else if (typeof row.pool_id === 'string' && (table === 'seats' || table === 'grants'))
      pools.add(row.pool_id)
  }
  return pools
}

function copyPool(from: TenantData, to: TenantData, pool: string): void {
  from.pools.copyTo(to.pools, pool)
  const slot = to.ids.intern(pool)
  from.seats.eachOf(from.ids.find(pool), (seat, subject, at) => {
    to.seats.put(seat, to.ids.intern(from.ids.text(subject)), slot, at)
  })
}

/** Whose seats may stop counting, or count again, for what others do. */
function* subjectsSeated(
  data: TenantData,
  changed: TenantData,
  pools: ReadonlySet<string>,
): Iterable<string> {
  for (const pool of pools) {
    if (![data, changed].some((each) => each.pools.rule(pool) === 'suspend_newest')) continue
    const found: string[] = []
    changed.seats.eachOf(changed.ids.find(pool), (_seat, subject) => found.push(changed.ids.text(subject)))
    yield* found
  }
}

/** Names a row by what a view can tell it by. */
function nameOf(table: string, row: Row): string {
  switch (table) {
    case 'identities':
      return name(table, row.iss, row.sub)
    case 'organization_members':
      return name(table, row.subject_id, row.organization_id)
    case 'facts':
      return name(table, row.subject_id, row.key)
    case 'experiment_assignments':
      return name(table, row.subject_id, row.experiment)
    default:
      return name(table, row.id)
  }
}

const name = (...parts: readonly unknown[]) => JSON.stringify(parts)

type Differences = {
  /** Names of rows that are not as they were. */
  readonly hidden: ReadonlySet<string>
  /** Seat pools of which all is in the changed data. */
  readonly pools: ReadonlySet<string>
  readonly newTree: boolean
}

function merged(
  before: TenantView,
  changed: TenantView,
  { hidden, pools, newTree }: Differences,
): TenantView {
  const kept = (...parts: readonly unknown[]) => !hidden.has(name(...parts))
  const keptEntries = <T>(table: string, subject: string, entries: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(entries).filter(([key]) => kept(table, subject, key)))
  return {
    ...before,
    catalogue: changed.catalogue,
    subjectOf: (iss, sub) =>
      kept('identities', iss, sub) ? before.subjectOf(iss, sub) : changed.subjectOf(iss, sub),
    subject: (id) => (kept('subjects', id) ? before.subject(id) : changed.subject(id)),
    grants(holder, wanted) {
      const made = changed.grants(holder, wanted)
      const old = before.grants(holder, wanted).filter(({ id }) => kept('grants', id))
      return made.length === 0 ? old : [...old, ...made].sort((a, b) => (a.id < b.id ? -1 : 1))
    },
    memberships(subject) {
      const keptOne = ({ organization }: Membership) => kept('organization_members', subject, organization)
      return [...before.memberships(subject).filter(keptOne), ...changed.memberships(subject)]
    },
    organization: (idOrKey) => (newTree ? changed : before).organization(idOrKey),
    seats: (subject) => [
      ...before.seats(subject).filter((pool) => !pools.has(pool)),
      ...changed.seats(subject),
    ],
    seatPool: (id) => (pools.has(id) ? changed : before).seatPool(id),
    facts: (subject) => ({
      ...keptEntries('facts', subject, before.facts(subject)),
      ...changed.facts(subject),
    }),
    experiments: (subject) => ({
      ...keptEntries('experiment_assignments', subject, before.experiments(subject)),
      ...changed.experiments(subject),
    }),
  }
}

function* subjectsOf(data: TenantData): Iterable<string> {
  for (let slot = 1; slot <= data.ids.size; slot++) {
    const id = data.ids.text(slot)
    if (data.subjects.get(slot, id)) yield id
  }
}
