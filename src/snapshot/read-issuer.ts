import type { ClaimMap, Issuer } from '#core/catalogue.ts'
import { integer, object, oneOf, optionalText, PoisonRow, type Row, text, texts, uuid } from './row.ts'

/** Throws PoisonRow. */
export function readIssuer(row: Row): Issuer {
  const jwksUri = optionalText(row, 'jwks_uri')
  const jwks = row.jwks === null || row.jwks === undefined ? undefined : object(row, 'jwks')
  if ((jwksUri === undefined) === (jwks === undefined)) throw new PoisonRow('exactly one source of keys')
  if (jwks !== undefined && !isKeySet(jwks)) throw new PoisonRow('jwks is no key set')
  const audiences = texts(row, 'audiences')
  const algorithms = texts(row, 'algorithms')
  if (audiences.length === 0 || algorithms.length === 0) throw new PoisonRow('no audience or algorithm')
  const tokenUse = optionalText(row, 'token_use')
  const typ = optionalText(row, 'typ')
  return {
    id: uuid(row, 'id'),
    tenant: uuid(row, 'tenant_id'),
    iss: text(row, 'iss'),
    kind: oneOf(row, 'kind', ['keycloak', 'cognito', 'generic']),
    audience_from: oneOf(row, 'audience_from', ['aud', 'client_id', 'azp']),
    audiences,
    algorithms,
    ...(jwksUri !== undefined && { jwks_uri: jwksUri }),
    ...(jwks !== undefined && { jwks: jwks as unknown as NonNullable<Issuer['jwks']> }),
    ...(tokenUse !== undefined && { token_use: tokenUse }),
    ...(typ !== undefined && { typ }),
    authority: oneOf(row, 'authority', ['claims', 'database', 'both']),
    claim_map: readClaimMap(row),
    tolerance_seconds: integer(row, 'tolerance_seconds'),
  }
}

function isKeySet(value: Row): boolean {
  return Array.isArray(value.keys) && value.keys.every((key) => typeof key === 'object' && key !== null)
}

function readClaimMap(row: Row): ClaimMap {
  const map = object(row, 'claim_map')
  for (const name of ['tier', 'entitlements']) optionalText(map, name)
  if (map.roles !== undefined) texts(map, 'roles')
  for (const name of ['attributes', 'role_names', 'role_entitlements', 'role_plans', 'tier_names']) {
    if (map[name] === undefined) continue
    const entries = object(map, name)
    for (const key of Object.keys(entries)) text(entries, key)
  }
  return map as ClaimMap
}
