import type { TenantView } from '#core/tenant-view.ts'
import type { Row } from './row.ts'

/** How a tenant differs from what it was. */
export type Differences = {
  /** Of each table the rows that are not as they were, by their names. */
  readonly hidden: ReadonlyMap<string, ReadonlySet<string>>
  /** Seat pools of which all is in the changed data. */
  readonly pools: ReadonlySet<string>
  /** The organizations are all in the changed data. */
  readonly newTree: boolean
}

/** Names a row by what a view can tell it by. */
export function nameOf(table: string, row: Row): string {
  switch (table) {
    case 'identities':
      return pair(row.iss, row.sub)
    case 'organization_members':
      return pair(row.subject_id, row.organization_id)
    case 'facts':
      return pair(row.subject_id, row.key)
    case 'experiment_assignments':
      return pair(row.subject_id, row.experiment)
    default:
      return String(row.id)
  }
}

function pair(one: unknown, other: unknown): string {
  return JSON.stringify([one, other])
}

/** Reads a row of `changed` where it differs, and of `before` where it does not. */
export function mergedView(before: TenantView, changed: TenantView, differences: Differences): TenantView {
  const { hidden, pools, newTree } = differences
  const isKept = (table: string, name: () => string) => !hidden.get(table)?.has(name())
  function entries<T>(
    table: string,
    of: (view: TenantView) => Readonly<Record<string, T>>,
    subject: string,
  ): Readonly<Record<string, T>> {
    const kept = Object.entries(of(before)).filter(([key]) => isKept(table, () => pair(subject, key)))
    return { ...Object.fromEntries(kept), ...of(changed) }
  }
  return {
    ...before,
    catalogue: changed.catalogue,
    routes: changed.routes,
    subjectOf: (iss, sub) =>
      (isKept('identities', () => pair(iss, sub)) ? before : changed).subjectOf(iss, sub),
    subject: (id) => (isKept('subjects', () => id) ? before : changed).subject(id),
    grants(holder, wanted) {
      const made = changed.grants(holder, wanted)
      const old = before.grants(holder, wanted).filter(({ id }) => isKept('grants', () => id))
      return made.length === 0 ? old : [...old, ...made].sort((a, b) => (a.id < b.id ? -1 : 1))
    },
    memberships: (subject) => [
      ...before
        .memberships(subject)
        .filter(({ organization }) => isKept('organization_members', () => pair(subject, organization))),
      ...changed.memberships(subject),
    ],
    organization: (idOrKey) => (newTree ? changed : before).organization(idOrKey),
    seats: (subject) => [
      ...before.seats(subject).filter((pool) => !pools.has(pool)),
      ...changed.seats(subject),
    ],
    seatPool: (id) => (pools.has(id) ? changed : before).seatPool(id),
    facts: (subject) => entries('facts', (view) => view.facts(subject), subject),
    experiments: (subject) => entries('experiment_assignments', (view) => view.experiments(subject), subject),
  }
}
