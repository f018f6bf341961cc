import { afterEach, describe, expect, test } from 'vitest'
import { issuer, makeKey, noon, payload, seconds, sign, tenantA, tenantB } from './fixtures.ts'
import { type Bench, bench } from './verifier-fixture.ts'

const rsa = makeKey('rsa-1', 'RS256')
const ec = makeKey('ec-1', 'ES256')
const ed = makeKey('ed-1', 'EdDSA')
const jwks = { keys: [rsa.jwk, ec.jwk, ed.jwk] }
const open: Bench[] = []

function start(...rows: Parameters<typeof bench>[0]): Bench {
  const made = bench(rows.length === 0 ? [issuer({ jwks })] : rows)
  open.push(made)
  return made
}

afterEach(() => {
  for (const { verifier } of open.splice(0)) verifier.close()
})

describe('a token that is believed', () => {
  test.each([
    ['RS256', rsa],
    ['ES256', ec],
    ['EdDSA', ed],
  ])('is signed with %s', async (_name, key) => {
    const token = await start().accept(await sign(key))
    expect(token).toMatchObject({
      tenant: tenantA,
      iss: 'https://idp.example',
      sub: 'alice',
      audience: 'api',
    })
    expect(token).toMatchObject({ issued_at: noon - 10_000, expires_at: noon + 300_000, kind: 'user' })
  })

  test('S000-20 a Cognito access token matches by client_id and token_use, an id token only where configured', async () => {
    const row = issuer({ jwks, kind: 'cognito', audience_from: 'client_id', audiences: ['web'] })
    const access = await sign(rsa, payload({ aud: undefined, client_id: 'web', token_use: 'access' }))
    const id = await sign(rsa, payload({ aud: 'web', client_id: 'web', token_use: 'id' }))
    const foreign = await sign(rsa, payload({ client_id: 'other', token_use: 'access' }))
    const made = start(row)
    expect(await made.outcome(access)).toBe('accepted')
    expect(await made.outcome(id)).toBe('type')
    expect(await made.outcome(foreign)).toBe('audience')
    const byId = start({ ...row, audience_from: 'aud', token_use: 'id' })
    expect(await byId.outcome(id)).toBe('accepted')
    expect(await byId.outcome(access)).toBe('audience')
  })

  test('S002-1 S002-3 S002-23 a Keycloak token is matched by azp, each client configured', async () => {
    const iss = 'https://auth.hybridops.tech/realms/hybridops'
    const clients = ['hyops-learn-web', 'hyops-docs', 'hyops-entitlements-api']
    const made = start(issuer({ jwks, iss, kind: 'keycloak', audience_from: 'azp', audiences: clients }))
    for (const azp of clients) {
      expect(await made.outcome(await sign(rsa, payload({ iss, azp, aud: 'account', typ: 'Bearer' })))).toBe(
        'accepted',
      )
    }
    expect(await made.outcome(await sign(rsa, payload({ iss, azp: 'grafana', typ: 'Bearer' })))).toBe(
      'audience',
    )
    expect(await made.outcome(await sign(rsa, payload({ iss, azp: 'hyops-docs', typ: 'Refresh' })))).toBe(
      'type',
    )
    expect(await made.outcome(await sign(rsa, payload({ iss, azp: 'hyops-docs', typ: 'ID' })))).toBe('type')
  })

  test('a token a client got for itself speaks for a service', async () => {
    const token = await start().accept(await sign(rsa, payload({ sub: 'worker', client_id: 'worker' })))
    expect(token.kind).toBe('service')
  })

  test('a token without iat counts as older than any revocation', async () => {
    expect((await start().accept(await sign(rsa, payload({ iat: undefined })))).issued_at).toBe(0)
  })

  test.each(['JWT', 'at+jwt', 'application/at+jwt', 'AT+JWT'])('may have the typ %s', async (typ) => {
    expect(await start().outcome(await sign(rsa, payload(), { typ }))).toBe('accepted')
  })
})

describe('who it is for', () => {
  test.each([
    ['no audience', { aud: undefined }],
    ['a wrong audience', { aud: 'other' }],
    ['a list of wrong ones', { aud: ['x', 'y'] }],
    ['a list with an odd member', { aud: ['api', 7] as unknown as string[] }],
    ['an empty list', { aud: [] }],
    ['another case', { aud: 'API' }],
    ['an inherited name', { aud: 'constructor' }],
  ])('V15 a token with %s is refused', async (_name, change) => {
    expect(await start().outcome(await sign(rsa, payload(change)))).toBe('audience')
  })

  test('V15 a wrong azp, or a list in its place, is refused', async () => {
    const made = start(issuer({ jwks, audience_from: 'azp' }))
    expect(await made.outcome(await sign(rsa, payload({ azp: 'other' })))).toBe('audience')
    expect(await made.outcome(await sign(rsa, payload({ azp: ['api'] })))).toBe('audience')
    expect(await made.outcome(await sign(rsa, payload()))).toBe('audience')
  })

  test('V15 a list of audiences with ours among them is accepted', async () => {
    expect(await start().outcome(await sign(rsa, payload({ aud: ['account', 'api'] })))).toBe('accepted')
  })

  test.each([
    ['no exp', { exp: undefined }, 'malformed'],
    ['an exp in milliseconds', { exp: noon + 300_000 }, 'malformed'],
    ['an exp that is text', { exp: '9999999999' as unknown as number }, 'malformed'],
    ['no sub', { sub: undefined }, 'malformed'],
    ['no iss', { iss: undefined }, 'issuer'],
    ['an unknown iss', { iss: 'https://idp.example/' }, 'issuer'],
    ['an iss that is a list', { iss: ['https://idp.example'] as unknown as string }, 'issuer'],
  ])('V15 a token with %s is refused', async (_name, change, cause) => {
    expect(await start().outcome(await sign(rsa, payload(change)))).toBe(cause)
  })

  test.each(['logout+jwt', 'dpop+jwt', 'JWE', ''])('a token of typ "%s" is refused', async (typ) => {
    expect(await start().outcome(await sign(rsa, payload(), { typ }))).toBe('type')
  })

  test('a pinned typ is demanded', async () => {
    const made = start(issuer({ jwks, typ: 'at+jwt' }))
    expect(await made.outcome(await sign(rsa, payload(), { typ: 'at+jwt' }))).toBe('accepted')
    expect(await made.outcome(await sign(rsa, payload(), { typ: 'JWT' }))).toBe('type')
    expect(await made.outcome(await sign(rsa, payload()))).toBe('type')
  })

  test.each([
    'a@evil@good.com',
    'a b',
    'a\r\nx: y',
    'a\u0000',
    'ali\u0441e',
    'a\u200b',
    '',
    'x'.repeat(256),
    '\ud800',
  ])('V44 V69 the subject %j is refused', async (sub) => {
    expect(await start().outcome(await sign(rsa, payload({ sub })))).toBe('subject')
  })
})

describe('when it counts', () => {
  test('S000-22 F21 expiry counts with a tolerance of at most 60 s, whatever the row says', async () => {
    const made = start(issuer({ jwks, tolerance_seconds: 3600 }))
    expect(await made.outcome(await sign(rsa, payload({ exp: seconds - 59, iat: seconds - 100 })))).toBe(
      'accepted',
    )
    expect(await made.outcome(await sign(rsa, payload({ exp: seconds - 60, iat: seconds - 100 })))).toBe(
      'expired',
    )
    const strict = start(issuer({ jwks, tolerance_seconds: 0 }))
    expect(await strict.outcome(await sign(rsa, payload({ exp: seconds })))).toBe('expired')
  })

  test.each([-300, -90, -31, 31, 90, 300])(
    'F21 a clock that is %i s off is tolerated up to the row’s 30 s',
    async (skew) => {
      const made = start()
      made.world.now = noon + skew * 1000
      const token = await sign(rsa, payload({ iat: seconds, nbf: seconds, exp: seconds + 60 }))
      expect(await made.outcome(token)).toBe(skew < 0 ? 'not_yet' : skew >= 90 ? 'expired' : 'accepted')
    },
  )

  test('an iat in the future, or after exp, is refused', async () => {
    const made = start()
    expect(await made.outcome(await sign(rsa, payload({ iat: seconds + 31 })))).toBe('not_yet')
    expect(await made.outcome(await sign(rsa, payload({ iat: seconds + 20, exp: seconds + 10 })))).toBe(
      'malformed',
    )
    expect(await made.outcome(await sign(rsa, payload({ nbf: seconds + 31 })))).toBe('not_yet')
  })
})

describe('whose tenant it is', () => {
  const rowB = issuer({ jwks, id: '01990000-0000-7000-8000-000000000002', tenant: tenantB, audiences: ['b'] })

  test('V33 the same kid and sub from two audiences stay two tenants’, cached or not', async () => {
    const made = start(issuer({ jwks }), rowB)
    const [a, b] = [await sign(rsa), await sign(rsa, payload({ aud: 'b' }))]
    for (let round = 0; round < 3; round++) {
      expect((await made.accept(a)).tenant).toBe(tenantA)
      expect((await made.accept(b)).tenant).toBe(tenantB)
    }
  })

  test('V33 a token for two tenants is only what the asker’s tenant is, and nobody’s without one', async () => {
    const made = start(issuer({ jwks }), rowB)
    const both = await sign(rsa, payload({ aud: ['api', 'b'] }))
    for (let round = 0; round < 2; round++) {
      expect((await made.accept(both, tenantB)).tenant).toBe(tenantB)
      expect((await made.accept(both, tenantA)).tenant).toBe(tenantA)
      expect(await made.outcome(both)).toBe('audience')
    }
  })

  test('a valid token of another tenant is a mismatch, again and again', async () => {
    const made = start(issuer({ jwks }), rowB)
    const token = await sign(rsa, payload({ aud: 'b' }))
    expect(await made.outcome(token, tenantA)).toBe('TENANT_MISMATCH')
    expect(await made.outcome(token)).toBe('accepted')
    expect(await made.outcome(token, tenantA)).toBe('TENANT_MISMATCH')
  })

  test('V28 an invalid token of another tenant looks like one of an unknown issuer', async () => {
    const made = start(rowB)
    const forged = `${(await sign(rsa, payload({ aud: 'b' }))).slice(0, -8)}AAAAAAAA`
    expect(await made.outcome(forged, tenantA)).toBe('issuer')
    expect(await made.outcome(forged, tenantB)).toBe('signature')
  })
})
