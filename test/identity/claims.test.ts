import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ClaimMap } from '#core/catalogue.ts'
import type { JsonObject } from '#core/json.ts'
import { claimAt } from '#identity/claim-path.ts'
import { type ClaimMapping, mapClaims } from '#identity/claims.ts'
import { extractClaims } from '#identity/extract-claims.ts'
import { plans } from './fixtures.ts'

const catalogue = plans()

function mapped(
  claims: JsonObject,
  map: ClaimMap,
  authority: 'claims' | 'database' | 'both' = 'both',
): ClaimMapping {
  return mapClaims(extractClaims(claims, map), authority, catalogue)
}

describe('the tier', () => {
  test('S000-8 comes from Cognito groups: the highest of those that are tiers', () => {
    const claims = { 'cognito:groups': ['beta', 'supporter', 'pro', 'free'] }
    expect(mapped(claims, { tier: 'cognito:groups' }).claims.tier).toBe('pro')
  })

  test('S000-8 comes from one custom claim', () => {
    expect(mapped({ 'custom:tier': 'supporter' }, { tier: 'custom:tier' }).claims.tier).toBe('supporter')
    expect(mapped({ 'https://x.example/tier': 'pro' }, { tier: 'https://x.example/tier' }).claims.tier).toBe(
      'pro',
    )
  })

  test.each(['free', 'supporter', 'pro'])('S000-10 C-9 %s is a tier', (label) => {
    expect(mapped({ tier: label }, { tier: 'tier' })).toMatchObject({ claims: { tier: label } })
  })

  test.each(['gold', 'Pro', 'pro ', 'addon', 'constructor', '__proto__'])(
    'S000-10 C-9 the unknown label %j counts as none and is named',
    (label) => {
      const mapping = mapped({ tier: label }, { tier: 'tier' })
      expect(mapping.claims).not.toHaveProperty('tier')
      expect(mapping.unknown_tier).toBe(label)
    },
  )

  test.each([[null], [undefined], [3], [true], [{}], [[]], ['']])(
    '%j is no label and nothing to log',
    (value) => {
      const mapping = mapped({ tier: value as never }, { tier: 'tier' })
      expect(mapping).toEqual({ claims: { roles: [], entitlements: [], attributes: {} } })
    },
  )

  test('S002-24 comes from a Keycloak role by name', () => {
    const claims = { realm_access: { roles: ['offline_access', 'learn_member'] } }
    const map = { tier: 'realm_access.roles', tier_names: { learn_member: 'supporter' } }
    expect(mapped(claims, map).claims.tier).toBe('supporter')
  })
})

describe('entitlements', () => {
  test('S000-9 a list is honoured, words parted by blanks too, an absent list is no error', () => {
    const map = { entitlements: 'entitlements' }
    expect(mapped({ entitlements: ['docs', 'export:pdf'] }, map).claims.entitlements).toEqual([
      'docs',
      'export:pdf',
    ])
    expect(mapped({ entitlements: ' docs  export:pdf ' }, map).claims.entitlements).toEqual([
      'docs',
      'export:pdf',
    ])
    expect(mapped({}, map).claims.entitlements).toEqual([])
  })

  test('S000-25 tier and entitlements stand side by side', () => {
    const claims = { tier: 'free', entitlements: ['docs'] }
    expect(mapped(claims, { tier: 'tier', entitlements: 'entitlements' }).claims).toMatchObject({
      tier: 'free',
      entitlements: ['docs'],
    })
  })

  test('malformed ones are dropped and counted, the rest counts', () => {
    const list = ['docs', 'Docs', 'a b', '', 7, null, {}, 'x'.repeat(200), 'a:b:c', 'docs', 'x\r\ny: z']
    const extracted = extractClaims({ e: list as never }, { entitlements: 'e' })
    expect(extracted).toMatchObject({ entitlements: ['docs'], dropped: 9 })
  })

  test('S002-4 a role stands for an entitlement', () => {
    const claims = { realm_access: { roles: ['learn_member'] } }
    const map = { roles: ['realm_access.roles'], role_entitlements: { learn_member: 'learn_member' } }
    expect(mapped(claims, map).claims.entitlements).toEqual(['learn_member'])
  })

  test('S002-4 a role stands for a plan; with the database as authority it stands for nothing', () => {
    const claims = { realm_access: { roles: ['learn_member', 'other', 'constructor'] } }
    const map = { roles: ['realm_access.roles'], role_plans: { learn_member: 'learn_member' } }
    expect(mapped(claims, map).claims.plans).toEqual(['learn_member'])
    expect(mapped(claims, map, 'database').claims).not.toHaveProperty('plans')
  })

  test('at most 1000 entitlements and 256 roles count', () => {
    const many = Array.from({ length: 3000 }, (_, at) => `e${at}`)
    const extracted = extractClaims({ e: many, r: many }, { entitlements: 'e', roles: ['r'] })
    expect(extracted.entitlements).toHaveLength(1000)
    expect(extracted.roles).toHaveLength(256)
    expect(extracted.dropped).toBe(2000 + 2744)
  })
})

describe('roles', () => {
  test('S002-4 S002-5 Keycloak realm and client roles are merged and renamed', () => {
    const claims = {
      realm_access: { roles: ['learn_admin', 'learn_member'] },
      resource_access: { 'hyops.docs': { roles: ['editor'] }, other: { roles: ['owner'] } },
    }
    const map = {
      roles: ['realm_access.roles', 'resource_access.hyops.docs.roles'],
      role_names: { learn_admin: 'admin' },
    }
    expect(mapped(claims, map).claims.roles).toEqual(['admin', 'learn_member', 'editor'])
  })

  test('a role claim that is one text works, and is not parted', () => {
    expect(mapped({ role: 'admin' }, { roles: ['role'] }).claims.roles).toEqual(['admin'])
    expect(mapped({ role: 'not admin' }, { roles: ['role'] }).claims.roles).toEqual(['not admin'])
  })

  test.each(['\r\nx-role: admin', 'a\u0000', '\ud800', '\u2028'])(
    'V69 the role %j does not go further',
    (role) => {
      expect(mapped({ roles: [role] }, { roles: ['roles'] }).claims.roles).toEqual([])
    },
  )
})

describe('attributes', () => {
  test('only mapped ones go further, under their new names', () => {
    const claims = { address: { country: 'DE' }, email: 'a@b.example', age: 30 }
    expect(
      mapped(claims, { attributes: { country: 'address.country', age: 'age' } }).claims.attributes,
    ).toEqual({
      country: 'DE',
      age: 30,
    })
  })

  test('V69 values with control characters, too long or too deep are dropped and counted', () => {
    let deep: JsonObject = {}
    for (let level = 0; level < 20; level++) deep = { deep }
    const claims = {
      a: 'x\r\ny',
      b: ['ok', '\u0000'],
      c: 'x'.repeat(2000),
      d: deep,
      e: { 'n\n': 1 },
      f: 'fine',
    }
    const names = Object.fromEntries(Object.keys(claims).map((name) => [name, name]))
    expect(extractClaims(claims, { attributes: names })).toMatchObject({
      attributes: { f: 'fine' },
      dropped: 5,
    })
  })

  test.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'])(
    'V54 %s is no claim unless the token has it, and never changes an object',
    (name) => {
      const map: ClaimMap = {
        tier: name,
        entitlements: name,
        roles: [name, `${name}.name`, `a.${name}`],
        attributes: Object.fromEntries([[name, name]]),
        role_names: {},
        role_entitlements: {},
        tier_names: {},
      }
      expect(mapped({ a: {} }, map)).toEqual({ claims: { roles: [], entitlements: [], attributes: {} } })
      expect(mapped({ r: [name] }, { ...map, roles: ['r'], tier: 'r' })).toMatchObject({
        claims: { roles: [name], entitlements: [] },
        unknown_tier: name,
      })
      const own = JSON.parse(`{"${name}": "text"}`) as JsonObject
      const { claims } = mapped(own, map)
      expect(claims.roles).toEqual(['text'])
      expect(Object.getOwnPropertyNames(claims.attributes)).toEqual([name])
      expect(Object.getPrototypeOf(claims.attributes)).toBe(Object.prototype)
    },
  )
})

describe('C-1 the issuer’s authority', () => {
  const map = { tier: 't', roles: ['r'], entitlements: 'e', attributes: { a: 'a' } }
  const claims = { t: 'pro', r: ['admin'], e: ['docs'], a: 1 }

  test('database: only roles count', () => {
    expect(mapped(claims, map, 'database').claims).toEqual({
      roles: ['admin'],
      entitlements: [],
      attributes: {},
    })
  })

  test.each(['claims', 'both'] as const)('%s: all that is mapped counts', (authority) => {
    expect(mapped(claims, map, authority).claims).toEqual({
      tier: 'pro',
      roles: ['admin'],
      entitlements: ['docs'],
      attributes: { a: 1 },
    })
  })

  test('an empty map lets nothing through', () => {
    expect(mapped(claims, {}).claims).toEqual({ roles: [], entitlements: [], attributes: {} })
  })
})

test('a claim of exactly the path’s name goes before a nested one', () => {
  expect(claimAt({ 'a.b': 1, a: { b: 2 } }, 'a.b')).toBe(1)
  expect(claimAt({ a: { b: 2 } }, 'a.b')).toBe(2)
  expect(claimAt({ 'a.b': { c: 3 }, a: { b: {} } }, 'a.b.c')).toBe(3)
  expect(claimAt({ a: [{ b: 1 }] }, 'a.0.b')).toBeUndefined()
  expect(claimAt({ a: 'text' }, 'a.length')).toBeUndefined()
})

test('whatever the claims are, extraction ends, stays bounded, and yields only well-formed keys', () => {
  const map = { tier: 'a', roles: ['a', 'a.b', 'b'], entitlements: 'b', attributes: { x: 'a', y: 'b.a' } }
  const word = fc.constantFrom('a', 'b', 'a.b', '__proto__', 'pro')
  const claims = fc.dictionary(word, fc.jsonValue(), { maxKeys: 4 })
  fc.assert(
    fc.property(claims, (value) => {
      const found = extractClaims(value as JsonObject, map)
      for (const text of [...found.roles, ...found.entitlements]) expect(text).not.toMatch(/\p{Cc}/u)
      expect(Object.keys(found.attributes).every((name) => name === 'x' || name === 'y')).toBe(true)
    }),
    { numRuns: 300 },
  )
})
