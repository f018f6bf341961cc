/** Which keys mean what to the portal that reads the summary. */
export type SummaryKeys = {
  /** This key and every key that begins with it. */
  readonly docs: string
  readonly copilot: string
  readonly academyAll: string
  /** What comes before a track's slug. */
  readonly academyTrack: string
  /** The key that stands for docs and copilot together. */
  readonly bundle: string
}

export const defaultSummaryKeys: SummaryKeys = {
  docs: 'docs_paid',
  copilot: 'copilot_paid',
  academyAll: 'academy_all',
  academyTrack: 'academy_track:',
  bundle: 'learn_member',
}

/** The portal's one-look view of what a subject holds. It translates keys and decides nothing. */
export function subjectSummary(
  held: readonly string[],
  tier: string | undefined,
  keys: SummaryKeys = defaultSummaryKeys,
) {
  const bundle = held.includes(keys.bundle)
  const docs = bundle || held.some((key) => key.startsWith(keys.docs))
  const copilot = bundle || held.includes(keys.copilot)
  const all = held.includes(keys.academyAll)
  const tracks = held
    .filter((key) => key.startsWith(keys.academyTrack))
    .map((key) => key.slice(keys.academyTrack.length))
  return {
    tier: tier ?? null,
    academy_access: all || tracks.length > 0,
    academy_all_access: all,
    academy_scope: all ? 'all' : tracks.length > 0 ? 'tracks' : 'none',
    academy_tracks: tracks,
    docs_access: docs,
    docs_plan: docsPlan(held, keys.docs),
    docs_tier: docs ? 'member' : 'public',
    copilot_access: copilot,
    copilot_tier: copilot ? 'member' : 'public',
    entitlements: held,
    source: 'db',
  } as const
}

function docsPlan(held: readonly string[], docs: string): 'yearly' | 'monthly' | null {
  if (held.includes(`${docs}_yearly`)) return 'yearly'
  return held.includes(`${docs}_monthly`) ? 'monthly' : null
}
