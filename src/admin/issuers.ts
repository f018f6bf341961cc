import type { JsonObject } from '#core/json.ts'
import { json, orElse, orNull, stated } from './columns.ts'
import { invalid } from './invalid.ts'
import { type Columns, resource } from './resource.ts'

export type IssuerDocument = {
  readonly id: string
  readonly iss: string
  readonly kind: string
  readonly audience_from: string
  readonly audiences: readonly string[]
  readonly algorithms: readonly string[]
  readonly jwks_uri: string
  readonly jwks?: JsonObject
  readonly token_use: string
  readonly typ: string
  readonly authority: string
  readonly claim_map?: JsonObject
  readonly tolerance_seconds?: number
  readonly etag?: string
}

/** Taken by another tenant: ALREADY_EXISTS, without a word of whose it is. */
export const {
  create: createIssuer,
  get: getIssuer,
  list: listIssuers,
  update: updateIssuer,
  remove: deleteIssuer,
} = resource<IssuerDocument, 'iss' | 'audiences'>({
  noun: 'issuer',
  table: 'issuers',
  name: 'id',
  prefix: 'iss',
  document: (tx) => tx`jsonb_build_object('id', 'iss_' || r.id, 'iss', r.iss, 'kind', r.kind,
    'audience_from', r.audience_from, 'audiences', to_jsonb(r.audiences), 'algorithms', to_jsonb(r.algorithms),
    'jwks_uri', coalesce(r.jwks_uri, ''), 'jwks', r.jwks, 'token_use', coalesce(r.token_use, ''),
    'typ', coalesce(r.typ, ''), 'authority', r.authority, 'claim_map', r.claim_map,
    'tolerance_seconds', r.tolerance_seconds)`,
  fields: {
    iss: stated('iss'),
    kind: orElse('kind', 'generic'),
    audience_from: orElse('audience_from', 'aud'),
    audiences: some('audiences'),
    algorithms: (list: readonly string[] = []) => ({ algorithms: list.length === 0 ? ['RS256'] : list }),
    jwks_uri: place(),
    jwks: json('jwks', null),
    token_use: orNull('token_use'),
    typ: orNull('typ'),
    authority: orElse('authority', 'database'),
    claim_map: json('claim_map', {}),
    tolerance_seconds: (seconds: number | undefined) => ({ tolerance_seconds: seconds ?? 30 }),
  },
  fixed: ['iss'],
})

function some(field: string): Columns {
  return (list: readonly string[]) => {
    if (list.length === 0) throw invalid(field, `At least one of ${field} has to be stated.`)
    return { [field]: list }
  }
}

// A key fetched over an open line could be anybody's.
function place(): Columns {
  return (text = '') => {
    if (text === '') return { jwks_uri: null }
    const url = URL.parse(text)
    const local = url !== null && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
    if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && local)) {
      throw invalid('jwks_uri', 'Keys are fetched over https, or over http from this machine.')
    }
    return { jwks_uri: text }
  }
}
