import type { Catalogue, Issuer } from '#core/catalogue.ts'
import type { MappedClaims } from '#core/principal.ts'
import type { ExtractedClaims } from './extract-claims.ts'

export type ClaimMapping = {
  readonly claims: MappedClaims
  /** A label that is no tier of the tenant. It counts as none; say so in the log. */
  readonly unknown_tier?: string
}

/**
 * What a token's claims mean for a tenant: the tier is the highest-ranking known label, and where the issuer's
 * authority is the database, only roles count.
 */
export function mapClaims(
  extracted: ExtractedClaims,
  authority: Issuer['authority'],
  catalogue: Pick<Catalogue, 'plans'>,
): ClaimMapping {
  const tier = highestTier(extracted.tier_labels, catalogue)
  const [label] = extracted.tier_labels
  const unknown = tier === undefined && label !== undefined ? { unknown_tier: label } : {}
  if (authority === 'database') {
    return { claims: { roles: extracted.roles, entitlements: [], attributes: {} }, ...unknown }
  }
  const { roles, entitlements, plans, attributes } = extracted
  return {
    claims: {
      ...(tier !== undefined && { tier }),
      ...(plans.length > 0 && { plans }),
      roles,
      entitlements,
      attributes,
    },
    ...unknown,
  }
}

function highestTier(labels: readonly string[], catalogue: Pick<Catalogue, 'plans'>): string | undefined {
  let best: { readonly key: string; readonly rank: number } | undefined
  for (const label of labels) {
    const plan = catalogue.plans.get(label)
    if (plan?.kind === 'tier' && (best === undefined || plan.rank > best.rank)) best = plan
  }
  return best?.key
}
