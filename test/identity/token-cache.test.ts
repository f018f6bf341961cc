import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { tokenCacheKey } from '#identity/token-cache.ts'
import { issuer, makeKey, noon, payload, seconds, sign } from './fixtures.ts'
import { type Bench, bench } from './verifier-fixture.ts'

const rsa = makeKey('rsa-1', 'RS256')
const ec = makeKey('ec-1', 'ES256')
const row = issuer({ jwks: { keys: [rsa.jwk, ec.jwk] } })
const token = await sign(rsa)
let made: Bench

function start(...settings: Parameters<typeof bench>): Bench {
  made = bench(...settings)
  return made
}

afterEach(() => made.verifier.close())

describe('the verified-token cache', () => {
  test('S000-7 answers a token seen before at once, without a promise', async () => {
    start([row])
    const first = made.verifier.verify(token)
    expect(first).toBeInstanceOf(Promise)
    const known = await first
    expect(made.verifier.verify(token)).toBe(known)
    expect(made.counts).toMatchObject({ miss: 1, hit: 1 })
  })

  test('verifies a token once for all who ask at the same time', async () => {
    start([row])
    const answers = await Promise.all(Array.from({ length: 20 }, () => made.verifier.verify(token)))
    expect(new Set(answers).size).toBe(1)
    expect(made.counts).toMatchObject({ miss: 1, joined: 19 })
  })

  test('shares a refusal too, and asks again after it', async () => {
    start([row])
    const forged = `${token.slice(0, -8)}AAAAAAAA`
    const refused = await Promise.all([made.outcome(forged), made.outcome(forged)])
    expect(refused).toEqual(['signature', 'signature'])
    expect(await made.outcome(forged)).toBe('signature')
    expect(made.counts).toMatchObject({ miss: 2, joined: 1, 'refused signature': 2 })
  })

  test('never answers past exp', async () => {
    start([issuer({ ...row, tolerance_seconds: 0 })])
    await made.accept(token)
    made.world.now = noon + 299_999
    expect(await made.outcome(token)).toBe('accepted')
    made.world.now = noon + 300_000
    expect(await made.outcome(token)).toBe('expired')
  })

  test('V33 forgets a token when its issuer row changes, and keeps it when only the object is new', async () => {
    start([row])
    await made.accept(token)
    made.world.rows = [structuredClone(row)]
    expect(made.verifier.verify(token)).not.toBeInstanceOf(Promise)
    made.world.rows = [{ ...row, audiences: ['other'] }]
    expect(await made.outcome(token)).toBe('audience')
    made.world.rows = [{ ...row, authority: 'database' }]
    expect((await made.accept(token)).issuer.authority).toBe('database')
    made.world.rows = []
    expect(await made.outcome(token)).toBe('issuer')
  })

  test('forgets a token when its key is taken out of an inline set', async () => {
    start([row])
    await made.accept(token)
    made.world.rows = [{ ...row, jwks: { keys: [ec.jwk] } }]
    expect(await made.outcome(token)).toBe('key')
  })

  test('stays within its size, and keeps what is used', async () => {
    start([row], { cacheSize: 8 })
    await made.accept(token)
    for (let number = 0; number < 40; number++) {
      await made.accept(await sign(ec, payload({ jti: String(number) })))
      await made.accept(token)
    }
    expect(made.counts).toMatchObject({ miss: 41, hit: 40 })
  })

  test('a refusal is not remembered: the token is looked at anew', async () => {
    start([row])
    made.world.rows = []
    expect(await made.outcome(token)).toBe('issuer')
    made.world.rows = [row]
    expect(await made.outcome(token)).toBe('accepted')
  })

  test('an expired token inside the tolerance is believed but not kept', async () => {
    start([row])
    const late = await sign(rsa, payload({ iat: seconds - 100, exp: seconds - 10 }))
    expect(await made.outcome(late)).toBe('accepted')
    expect(await made.outcome(late)).toBe('accepted')
    expect(made.counts).toEqual({ miss: 2 })
  })
})

test('V8 V9 V32 two (token, tenant) pairs share a cache key only when both are equal', () => {
  start([row])
  const text = fc.string({ maxLength: 12 })
  const tenant = fc.option(text, { nil: undefined })
  fc.assert(
    fc.property(text, tenant, text, tenant, (a, tenantOfA, b, tenantOfB) => {
      const equal = a === b && (tenantOfA ?? '') === (tenantOfB ?? '')
      expect(tokenCacheKey(a, tenantOfA) === tokenCacheKey(b, tenantOfB)).toBe(equal)
    }),
    { numRuns: 500 },
  )
  expect(tokenCacheKey('ab', 'c')).not.toBe(tokenCacheKey('a', 'bc'))
  expect(tokenCacheKey(token, undefined)).not.toContain(token.slice(0, 20))
})
