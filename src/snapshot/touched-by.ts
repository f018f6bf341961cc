import type { TenantView } from '#core/tenant-view.ts'
import type { WhatIf } from '#core/what-if.ts'
import { holderOf, targetOf } from './read-grant.ts'
import type { Changed } from './what-if.ts'

/** Whom changed rows bear on. `seated`: whom it touches because of other people's seats. */
export function touchedBy(
  rows: readonly Changed[],
  before: TenantView,
  after: TenantView,
  seated: Iterable<string>,
): WhatIf['touched'] {
  const touched = new Map<string, Set<string> | 'all'>()
  for (const subject of seated) touched.set(subject, 'all')
  const isTier = (target: string) =>
    [before, after].some(({ catalogue }) => catalogue.plan_versions.get(target)?.kind === 'tier')
  for (const { table, row } of rows) {
    if (table === 'grants') {
      const holder = holderOf(row)
      const target = targetOf(row)
      const known = touched.get(holder)
      // Rules may look at the tier, whatever is asked.
      if (known === 'all' || isTier(target)) touched.set(holder, 'all')
      else touched.set(holder, (known ?? new Set()).add(target))
    } else if (table === 'organizations' || table === 'subjects') touched.set(String(row.id), 'all')
    else if (bySubject.has(table)) touched.set(String(row.subject_id), 'all')
  }
  return touched
}

const bySubject = new Set(['organization_members', 'seats', 'facts', 'experiment_assignments'])
