import type { ClaimMap } from '#core/catalogue.ts'
import { isEntitlementKey } from '#core/entitlement.ts'
import type { Json, JsonObject } from '#core/json.ts'
import { claimAt } from './claim-path.ts'
import { isClaimText, isClaimValue } from './claim-text.ts'

/** What an issuer's map takes out of a token. Nothing else of the token goes further. */
export type ExtractedClaims = {
  /** Candidates for the tier, already renamed: one label, or all groups where the tier is one of them. */
  readonly tier_labels: readonly string[]
  readonly roles: readonly string[]
  readonly entitlements: readonly string[]
  /** Keys of plans that roles stand for. */
  readonly plans: readonly string[]
  readonly attributes: JsonObject
  /** How many values were malformed or beyond the bounds. */
  readonly dropped: number
}

const maxRoles = 256
const maxEntitlements = 1000
const maxAttributes = 64

export function extractClaims(claims: JsonObject, map: ClaimMap): ExtractedClaims {
  let dropped = 0
  const keep = (values: readonly Json[], fits: (value: Json) => boolean, max: number): string[] => {
    const kept = [...new Set(values.filter((value): value is string => isClaimText(value) && fits(value)))]
    dropped += values.length - values.filter((value) => isClaimText(value) && fits(value)).length
    dropped += Math.max(0, kept.length - max)
    return kept.slice(0, max)
  }

  const tokenRoles = keep(
    (map.roles ?? []).flatMap((path) => listOf(claimAt(claims, path))),
    () => true,
    maxRoles,
  )
  const listed = map.entitlements === undefined ? [] : wordsOf(claimAt(claims, map.entitlements))
  const implied = tokenRoles.flatMap((role) => ownOf(map.role_entitlements, role) ?? [])
  const plans = tokenRoles.flatMap((role) => ownOf(map.role_plans, role) ?? [])
  const labels = map.tier === undefined ? [] : listOf(claimAt(claims, map.tier))
  const attributes = Object.entries(map.attributes ?? {}).flatMap(([name, path]) => {
    const value = claimAt(claims, path)
    return value === undefined || value === null ? [] : [[name, value] as const]
  })
  const usable = attributes.filter(([, value]) => isClaimValue(value)).slice(0, maxAttributes)
  dropped += attributes.length - usable.length

  return {
    tier_labels: keep(labels, () => true, maxRoles).map((label) => ownOf(map.tier_names, label) ?? label),
    roles: [...new Set(tokenRoles.map((role) => ownOf(map.role_names, role) ?? role))],
    entitlements: keep(
      [...listed, ...implied],
      (key) => typeof key === 'string' && isEntitlementKey(key),
      maxEntitlements,
    ),
    plans: [...new Set(plans)],
    attributes: Object.fromEntries(usable),
    dropped,
  }
}

/** A list, or a single text that stands for a list of one: some providers write one role that way. */
function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value as Json]
}

/** A list, or words parted by blanks as in `scope`. */
function wordsOf(value: Json | undefined): readonly Json[] {
  return typeof value === 'string' ? value.split(' ').filter((word) => word !== '') : listOf(value)
}

function ownOf(names: Readonly<Record<string, string>> | undefined, name: string): string | undefined {
  return names !== undefined && Object.hasOwn(names, name) ? names[name] : undefined
}
