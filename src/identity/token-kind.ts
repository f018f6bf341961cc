import type { Issuer } from '#core/catalogue.ts'
import type { JsonObject } from '#core/json.ts'
import { refusal } from './refusal.ts'

const accessTokenTypes: readonly unknown[] = [undefined, 'jwt', 'at+jwt']

/**
 * Refuses tokens made for something else: identity, logout or refresh tokens where access tokens are expected.
 * `token_use` is Cognito's claim ("access" unless the issuer row says otherwise). `typ` is the header's,
 * or Keycloak's claim of that name ("Bearer" or none unless the row says otherwise).
 */
export function checkTokenKind(issuer: Issuer, header: JsonObject, claims: JsonObject): void {
  const use = issuer.token_use ?? (issuer.kind === 'cognito' ? 'access' : undefined)
  if (use !== undefined && claims.token_use !== use) throw refusal('type')
  const type = normalised(header.typ)
  const keycloak = issuer.kind === 'keycloak'
  if (issuer.typ !== undefined) {
    const pinned = type === normalised(issuer.typ) || (keycloak && claims.typ === issuer.typ)
    if (!pinned) throw refusal('type')
    return
  }
  if (!accessTokenTypes.includes(type)) throw refusal('type')
  if (keycloak && claims.typ !== undefined && claims.typ !== 'Bearer') throw refusal('type')
}

function normalised(type: unknown): unknown {
  return typeof type === 'string' ? type.toLowerCase().replace(/^application\//, '') : type
}
