import { describe, expect, test } from 'vitest'
import { AppError } from '#core/errors.ts'
import type { SubjectRow, TenantView } from '#core/tenant-view.ts'
import { createPrincipalResolver } from '#identity/principal.ts'
import type { VerifiedToken } from '#identity/verified-token.ts'
import { countingMetrics, issuer, keptLog, noon, plans, tenantA } from './fixtures.ts'

const alice = '01990000-0000-7000-8000-0000000000a1'
const gone = '01990000-0000-7000-8000-0000000000a2'
const subjects = new Map<string, SubjectRow>([
  [alice, { id: alice, kind: 'user', deleted: false, tokens_not_before: noon - 10_000 }],
  [gone, { id: gone, kind: 'user', deleted: true }],
])
const identities = new Map([
  ['https://idp.example|alice', alice],
  ['https://other.example|a-17', alice],
  ['https://idp.example|gone', gone],
])
const view = {
  id: tenantA,
  catalogue: plans() as TenantView['catalogue'],
  subjectOf: (iss: string, sub: string) => identities.get(`${iss}|${sub}`),
  subject: (id: string) => subjects.get(id),
}

function token(changes: Partial<VerifiedToken> = {}): VerifiedToken {
  return {
    tenant: tenantA,
    issuer: issuer(),
    iss: 'https://idp.example',
    sub: 'alice',
    audience: 'api',
    kind: 'user',
    claims: {
      tier_labels: ['pro'],
      roles: ['editor'],
      entitlements: ['docs'],
      attributes: {},
      plans: [],
      dropped: 0,
    },
    issued_at: noon - 10_000,
    expires_at: noon + 300_000,
    ...changes,
  }
}

function parts() {
  const log = keptLog()
  const metrics = countingMetrics()
  return { log, counts: metrics.counts, resolver: createPrincipalResolver({ log, metrics }) }
}

function failure(work: () => unknown): string {
  try {
    work()
    return 'none'
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return `${error.code} ${JSON.stringify(error.metadata)} ${error.message}`
  }
}

describe('the principal of a token', () => {
  test('S002-12 is the row of its verified issuer and subject', () => {
    expect(parts().resolver.ofToken(token(), view)).toEqual({
      tenant: tenantA,
      subject: alice,
      id: `sub_${alice}`,
      kind: 'user',
      claims: { tier: 'pro', roles: ['editor'], entitlements: ['docs'], attributes: {} },
      authority: 'both',
      token_issued_at: noon - 10_000,
      token_expires_at: noon + 300_000,
    })
  })

  test('one person with two identity providers is one', () => {
    const other = token({ iss: 'https://other.example', sub: 'a-17' })
    expect(parts().resolver.ofToken(other, view).subject).toBe(alice)
  })

  test('without a row it is still a principal, named by both', () => {
    const principal = parts().resolver.ofToken(token({ sub: 'Alice', kind: 'service' }), view)
    expect(principal).toMatchObject({ id: 'https://idp.example|Alice', kind: 'service' })
    expect(principal).not.toHaveProperty('subject')
  })

  test('V36 of a deleted subject is refused', () => {
    expect(failure(() => parts().resolver.ofToken(token({ sub: 'gone' }), view))).toContain('TOKEN_REFUSED')
  })

  test('C-1 has no claims but roles where the database is the authority', () => {
    const strict = token({ issuer: issuer({ authority: 'database' }) })
    expect(parts().resolver.ofToken(strict, view).claims).toEqual({
      roles: ['editor'],
      entitlements: [],
      attributes: {},
    })
  })

  test('V36 has no role, tier or attribute of a token from before its tokens_not_before', () => {
    const claims = { ...token().claims, attributes: { age: 30 } }
    const revoked = parts().resolver.ofToken(token({ claims, issued_at: noon - 10_001 }), view)
    expect(revoked.claims).toEqual({ roles: [], entitlements: ['docs'], attributes: {} })
    expect(revoked.token_issued_at).toBe(noon - 10_001)
  })

  test('S000-10 an unknown tier label is logged once and counted each time', () => {
    const { resolver, log, counts } = parts()
    const odd = token({ claims: { ...token().claims, tier_labels: ['gold'] } })
    for (let round = 0; round < 3; round++)
      expect(resolver.ofToken(odd, view).claims).not.toHaveProperty('tier')
    expect(log.lines).toHaveLength(1)
    expect(log.lines[0]).toContain('gold')
    expect(counts['dropped unknown_tier']).toBe(3)
  })
})

describe('a named principal', () => {
  test('S000-15 is found by our id or by its provider’s names, without claims', () => {
    const { resolver } = parts()
    const want = {
      subject: alice,
      id: `sub_${alice}`,
      claims: { roles: [], entitlements: [], attributes: {} },
    }
    expect(resolver.ofName({ id: `sub_${alice}` }, view)).toMatchObject(want)
    expect(resolver.ofName({ id: alice }, view)).toMatchObject(want)
    expect(resolver.ofName({ issuer: 'https://idp.example', subject: 'alice' }, view)).toMatchObject(want)
  })

  test('at a provider without a row is a principal without one', () => {
    const principal = parts().resolver.ofName({ issuer: 'https://idp.example', subject: 'new' }, view)
    expect(principal).toMatchObject({ id: 'https://idp.example|new', kind: 'user' })
    expect(principal).not.toHaveProperty('subject')
  })

  test('V36 V28 a deleted one is refused just as one that never was', () => {
    const { resolver } = parts()
    const never = failure(() => resolver.ofName({ id: `sub_${alice.replace('a1', 'ff')}` }, view))
    expect(never).toContain('NOT_FOUND')
    expect(failure(() => resolver.ofName({ id: `sub_${gone}` }, view))).toBe(never)
    expect(failure(() => resolver.ofName({ issuer: 'https://idp.example', subject: 'gone' }, view))).toBe(
      never,
    )
  })

  test.each([
    '',
    'sub_',
    'alice',
    `SUB_${alice}`,
    `sub_${alice.toUpperCase()}`,
    `sub_${alice} `,
    '__proto__',
  ])('V14 the id %j is malformed', (id) => {
    expect(failure(() => parts().resolver.ofName({ id }, view))).toContain('INVALID_FIELD')
  })

  test.each([
    ['', 'a'],
    ['https://x|y', 'a'],
    ['https://x y', 'a'],
    ['https://x', ''],
    ['https://x', 'a\r\nb'],
    ['https://x', 'a@b@c'],
    ['https://x', 'x'.repeat(256)],
  ])('V8 V44 the names %j, %j are malformed', (iss, subject) => {
    expect(failure(() => parts().resolver.ofName({ issuer: iss, subject }, view))).toContain('INVALID_FIELD')
  })
})
