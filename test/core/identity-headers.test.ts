import fc from 'fast-check'
import { expect, test } from 'vitest'
import { identityHeaders, isReserved, refusedHeader, reservedHeaders } from '#core/identity-headers.ts'

const identity = { decision_id: 'd-1', entitlements: [] }
const subjectOf = (subject: string) =>
  identityHeaders({ ...identity, subject }).find(([name]) => name === 'x-vouchsafe-subject')?.[1]

test.each(reservedHeaders)('V41 %s is reserved however it is spelled', (name) => {
  for (const alias of [
    name,
    name.toUpperCase(),
    name.replaceAll('-', '_'),
    name.replaceAll('-', '.'),
    name.replace('-', '_'),
    name.replace(/-(?!.*-)/, '.').toUpperCase(),
    name.replaceAll('-', '~'),
  ]) {
    expect(isReserved(alias), alias).toBe(true)
    expect(refusedHeader([['accept', '*/*'] as const, [alias, 'x'] as const])).toBeDefined()
  }
})

test('V41 what only looks like a reserved name is nobody else’s', () => {
  for (const name of [
    'x-vouchsafe',
    'x-vouchsafe-tenant',
    'vouchsafe-subject',
    'xvouchsafesubject',
    'x-subject',
  ])
    expect(isReserved(name), name).toBe(false)
  expect(
    refusedHeader([
      ['accept', 'x-vouchsafe-subject'],
      [':path', '/'],
      ['te', 'trailers'],
    ]),
  ).toBeUndefined()
})

test.each([
  'x-vouchsafe-subject',
  'close, X-Vouchsafe-Tier',
  'x_vouchsafe_reason ,close',
  '\tX.Vouchsafe.Revision',
])('V43 Connection: %s is refused', (value) => {
  expect(refusedHeader([['connection', value]])).toBe('a reserved header in connection')
  expect(refusedHeader([['Connection', value]])).toBeDefined()
  expect(refusedHeader([['connection', 'keep-alive, upgrade']])).toBeUndefined()
})

test.each(['a\0', 'a\r\nx: y', 'a\n'])('V48 a header of %j is none', (value) => {
  expect(refusedHeader([['accept', value]])).toBe('a control character in a header')
})

test.each(['', 'a b', 'ä', 'a:b', 'a\0', 'x-vouchſafe-subject'])('V48 a header named %j is none', (name) => {
  expect(refusedHeader([[name, 'x']])).toBeDefined()
})

test('V69 a value is visible ASCII and says exactly what it was made of', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (subject) => {
      const value = subjectOf(subject)
      expect(value === undefined).toBe(subject === '' || !subject.isWellFormed())
      if (value === undefined) return
      expect(value).toMatch(/^[\x21-\x7e]+$/)
      expect(decodeURIComponent(value)).toBe(subject)
    }),
  )
})

test('V69 what cannot be said is left out', () => {
  expect(subjectOf('a\r\nx-admin: 1')).toBe('a%0D%0Ax-admin:%201')
  expect(subjectOf('a\0')).toBe('a%00')
  expect(subjectOf('https://id.example|Jürgen 100%')).toBe('https://id.example|J%C3%BCrgen%20100%25')
  expect(subjectOf('a\ud800')).toBeUndefined()
  expect(subjectOf('x'.repeat(65536))).toBeUndefined()
  expect(subjectOf('ü'.repeat(1000))).toBeUndefined()
  expect(identityHeaders(identity)).toEqual([['x-vouchsafe-decision-id', 'd-1']])
})

test('S000-12 an upstream is told who asks and what was found', () => {
  expect(
    identityHeaders({
      decision_id: 'd',
      subject: 'sub_1',
      tier: 'pro',
      entitlements: ['docs', 'team:read'],
      revision: 'r',
      reason: 'GRANT',
    }),
  ).toEqual([
    ['x-vouchsafe-subject', 'sub_1'],
    ['x-vouchsafe-tier', 'pro'],
    ['x-vouchsafe-entitlements', 'docs,team:read'],
    ['x-vouchsafe-decision-id', 'd'],
    ['x-vouchsafe-revision', 'r'],
    ['x-vouchsafe-reason', 'GRANT'],
  ])
})

test.each(['x-vouchsafe-subject', 'x-checksum, X_Vouchsafe.Tier', ' X-VOUCHSAFE-REASON'])(
  'V41 Trailer: %s is refused: it would come after the question',
  (value) => {
    expect(refusedHeader([['Trailer', value]])).toBe('a reserved header in trailer')
    expect(refusedHeader([['Trailer', 'x-checksum']])).toBeUndefined()
  },
)
