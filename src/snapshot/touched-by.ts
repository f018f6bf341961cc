import type { TenantView } from '#core/tenant-view.ts'
import { holderOf, targetOf } from './read-grant.ts'
import type { Row } from './row.ts'

export type TouchedHolders = Map<string, Set<string> | 'all'>

/** Adds whom a changed row bears on. */
export function addTouched(
  touched: TouchedHolders,
  table: string,
  row: Row,
  views: readonly TenantView[],
): void {
  if (table === 'grants') {
    const holder = holderOf(row)
    const target = targetOf(row)
    const known = touched.get(holder)
    // Rules may look at the tier, whatever is asked.
    const isTier = views.some(({ catalogue }) => catalogue.plan_versions.get(target)?.kind === 'tier')
    if (known === 'all' || isTier) touched.set(holder, 'all')
    else touched.set(holder, (known ?? new Set()).add(target))
  } else if (table === 'organizations' || table === 'subjects') touched.set(String(row.id), 'all')
  else if (bySubject.has(table)) touched.set(String(row.subject_id), 'all')
}

const bySubject = new Set(['organization_members', 'seats', 'facts', 'experiment_assignments'])
