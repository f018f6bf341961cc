import type { Grant } from '#core/grant.ts'
import type { TenantView } from '#core/tenant-view.ts'
import type { HeldEntitlement } from '#decide/verbs.ts'

export type EntitlementRow = {
  readonly key: string
  readonly status: 'active' | 'past_due' | 'canceled'
  readonly starts_at: string | null
  readonly ends_at: string | null
  readonly updated_at: string | null
}

/**
 * One row for each entitlement held, as the verb says, and for each whose own grants have all ended by `now` (ms).
 * The times are those of its own grants; what reaches it through an organization or a token has none.
 */
export function entitlementRows(
  view: TenantView,
  subject: string,
  held: readonly HeldEntitlement[],
  now: number,
): EntitlementRow[] {
  const own = grantsByKey(view, subject)
  const rows = held.map((each) => heldRow(each, own.get(each.key) ?? []))
  const heldKeys = new Set(held.map(({ key }) => key))
  for (const [key, grants] of own) {
    const ended = Math.max(...grants.map(endOf))
    if (!heldKeys.has(key) && ended <= now) rows.push(endedRow(key, grants, ended))
  }
  return rows.sort((a, b) => (a.key < b.key ? -1 : 1))
}

function heldRow({ key, expires_at }: HeldEntitlement, grants: readonly Grant[]): EntitlementRow {
  const live = grants.filter(({ revoked_at }) => revoked_at === undefined)
  const overdue = live.length > 0 && live.every(({ past_due_at }) => past_due_at !== undefined)
  return {
    key,
    status: overdue ? 'past_due' : 'active',
    starts_at: isoOf(least(live.map(({ starts_at }) => starts_at))),
    ends_at: isoOf(expires_at),
    updated_at: isoOf(lastChange(live)),
  }
}

function endedRow(key: string, grants: readonly Grant[], ended: number): EntitlementRow {
  return {
    key,
    status: 'canceled',
    starts_at: isoOf(least(grants.map(({ starts_at }) => starts_at))),
    ends_at: isoOf(ended),
    updated_at: isoOf(lastChange(grants)),
  }
}

function endOf({ revoked_at, ends_at }: Grant): number {
  return Math.min(revoked_at ?? Number.POSITIVE_INFINITY, ends_at ?? Number.POSITIVE_INFINITY)
}

function grantsByKey(view: TenantView, subject: string): Map<string, Grant[]> {
  const own = view.grants(subject, () => true).filter(({ effect }) => effect !== 'deny')
  const byKey = new Map<string, Grant[]>()
  for (const [key, givers] of view.catalogue.givers) {
    if (key.startsWith('product:')) continue
    const giving = own.filter(({ target }) => givers.has(target))
    if (giving.length > 0) byKey.set(key, giving)
  }
  return byKey
}

function lastChange(grants: readonly Grant[]): number | undefined {
  return most(grants.flatMap((grant) => [grant.starts_at, grant.past_due_at ?? 0, grant.revoked_at ?? 0]))
}

function least(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : Math.min(...times)
}

function most(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : Math.max(...times)
}

function isoOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString()
}
