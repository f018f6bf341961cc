import type { Issuer } from '#core/catalogue.ts'
import type { ExtractedClaims } from './extract-claims.ts'

/** What is left of a token that was verified. The token itself and its unmapped claims are gone. */
export type VerifiedToken = {
  /** The tenant its (issuer, audience) belongs to. */
  readonly tenant: string
  readonly issuer: Issuer
  readonly iss: string
  readonly sub: string
  /** The audience value that decided the issuer row. */
  readonly audience: string
  /** "service" where the token was issued to a client for itself. */
  readonly kind: 'user' | 'service'
  readonly claims: ExtractedClaims
  /** ms. 0 where the token does not say: older than any revocation. */
  readonly issued_at: number
  /** ms. */
  readonly expires_at: number
}
