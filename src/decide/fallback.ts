import type { FailMode } from '#core/entitlement.ts'

/** What an entitlement's fail mode says once the snapshot is past the hard bound; undefined before it. All in ms. */
export function fallbackOf(
  failMode: FailMode,
  ageMs: number,
  hardStalenessMs: number,
): 'open' | 'closed' | 'last_known' | undefined {
  if (ageMs <= hardStalenessMs) return undefined
  if (failMode.mode !== 'last_known') return failMode.mode
  return ageMs <= failMode.for_ms ? 'last_known' : 'closed'
}
