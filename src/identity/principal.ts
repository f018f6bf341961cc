import { AppError } from '#core/errors.ts'
import type { MappedClaims, Principal } from '#core/principal.ts'
import type { TenantView } from '#core/tenant-view.ts'
import type { Log } from '#observe/logger.ts'
import { mapClaims } from './claims.ts'
import { refusal } from './refusal.ts'
import { isIssuerText, isSubjectText } from './subject-text.ts'
import type { VerifiedToken } from './verified-token.ts'

type View = Pick<TenantView, 'id' | 'catalogue' | 'subject' | 'subjectOf'>

/** A principal named without a token: by our id ("sub_<uuid>"), or by its identity provider's names. */
export type NamedPrincipal = { readonly id: string } | { readonly issuer: string; readonly subject: string }

type Needs = {
  readonly log: Log
  readonly metrics: { claimsDropped(kind: string, count: number): void }
}

export type PrincipalResolver = {
  /** Throws AppError TOKEN_REFUSED for a deleted subject. */
  ofToken(token: VerifiedToken, view: View): Principal
  /**
   * A name at an identity provider without a row is still a principal, one without rights of its own.
   * Throws AppError NOT_FOUND for our own id without a row and for deleted subjects alike, INVALID_FIELD for malformed names.
   */
  ofName(name: NamedPrincipal, view: View): Principal
}

const shownId = /^(?:sub_)?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/
const noClaims: MappedClaims = { roles: [], entitlements: [], attributes: {} }
const maxLabelsLogged = 1000

export function createPrincipalResolver(needs: Needs): PrincipalResolver {
  const labelsLogged = new Set<string>()

  function noteUnknownTier(label: string, token: VerifiedToken): void {
    needs.metrics.claimsDropped('unknown_tier', 1)
    const once = JSON.stringify([token.issuer.id, label])
    if (labelsLogged.has(once) || labelsLogged.size >= maxLabelsLogged) return
    labelsLogged.add(once)
    needs.log.warn(
      { tenant: token.tenant, issuer: token.issuer.id, label: label.slice(0, 64) },
      'a token’s tier label is no tier of its tenant and counts as none',
    )
  }

  return {
    ofToken(token, view) {
      const subject = view.subjectOf(token.iss, token.sub)
      const row = subject === undefined ? undefined : view.subject(subject)
      if (row?.deleted === true) throw refusal('subject')
      const mapping = mapClaims(token.claims, token.issuer.authority, view.catalogue)
      if (mapping.unknown_tier !== undefined) noteUnknownTier(mapping.unknown_tier, token)
      const revoked = row?.tokens_not_before !== undefined && token.issued_at < row.tokens_not_before
      return {
        tenant: view.id,
        ...named(subject, token.iss, token.sub),
        kind: row?.kind ?? token.kind,
        claims: revoked ? ofRevokedToken(mapping.claims) : mapping.claims,
        authority: token.issuer.authority,
        token_issued_at: token.issued_at,
        token_expires_at: token.expires_at,
      }
    },
    ofName(name, view) {
      if ('id' in name) {
        const id = shownId.exec(name.id)?.[1]
        if (id === undefined) throw malformed('subject.principal.id')
        const row = view.subject(id)
        if (row === undefined || row.deleted) throw notFound()
        return { tenant: view.id, subject: id, id: `sub_${id}`, kind: row.kind, claims: noClaims }
      }
      if (!isIssuerText(name.issuer)) throw malformed('subject.principal.issuer')
      if (!isSubjectText(name.subject)) throw malformed('subject.principal.subject')
      const subject = view.subjectOf(name.issuer, name.subject)
      const row = subject === undefined ? undefined : view.subject(subject)
      if (row?.deleted === true) throw notFound()
      const kind = row?.kind ?? 'user'
      return { tenant: view.id, ...named(subject, name.issuer, name.subject), kind, claims: noClaims }
    },
  }
}

/**
 * A token from before the subject's tokens_not_before is not believed. Its entitlements stay, because the policy holds
 * them against that moment itself and says so in its reasons; nothing does that for roles, tier and attributes.
 */
function ofRevokedToken(claims: MappedClaims): MappedClaims {
  return { ...noClaims, entitlements: claims.entitlements }
}

function named(subject: string | undefined, iss: string, sub: string): Pick<Principal, 'id' | 'subject'> {
  return subject === undefined ? { id: `${iss}|${sub}` } : { id: `sub_${subject}`, subject }
}

function malformed(field: string): AppError {
  return new AppError('INVALID_FIELD', `The field ${field} is malformed.`, { field, rule: 'pattern' })
}

function notFound(): AppError {
  return new AppError('NOT_FOUND', 'The subject does not exist.', { resource: 'subject' })
}
