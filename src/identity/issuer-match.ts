import type { Issuer } from '#core/catalogue.ts'
import type { JsonObject } from '#core/json.ts'
import { refusal } from './refusal.ts'

export type IssuerMatch = { readonly issuer: Issuer; readonly audience: string }

/**
 * Which issuer row, and so which tenant, a token belongs to: by its (iss, audience value), which is unique over all
 * tenants. Each row says in which claim its audience stands. A row of `tenant` goes before a foreign one.
 * A token that fits several tenants and is asked about without one is refused.
 */
export function matchIssuer(
  rows: readonly Issuer[],
  claims: JsonObject,
  tenant: string | undefined,
): IssuerMatch {
  const matches = rows.flatMap((issuer) => {
    const audience = audiencesOf(claims, issuer.audience_from).find((value) =>
      issuer.audiences.includes(value),
    )
    return audience === undefined ? [] : [{ issuer, audience }]
  })
  const own = matches.find((match) => match.issuer.tenant === tenant)
  if (own !== undefined) return own
  const [first] = matches
  if (first === undefined) throw refusal('audience')
  if (matches.some((match) => match.issuer.tenant !== first.issuer.tenant)) throw refusal('audience')
  return first
}

function audiencesOf(claims: JsonObject, from: Issuer['audience_from']): readonly string[] {
  if (!Object.hasOwn(claims, from)) return []
  const value = claims[from]
  if (typeof value === 'string') return [value]
  // Only `aud` may be a list, and one odd member makes the whole of it unusable.
  if (from !== 'aud' || !Array.isArray(value)) return []
  return value.every((member) => typeof member === 'string') ? value : []
}
