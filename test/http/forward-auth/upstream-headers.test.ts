import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Identity, reservedHeaders } from '#core/identity-headers.ts'
import { copiedHeaders, setAndRemoved } from '#http/forward-auth/upstream-headers.ts'

const identity = (changes: Partial<Identity> = {}): Identity => ({
  decision_id: 'd-1',
  entitlements: ['docs'],
  subject: 'sub_1',
  ...changes,
})

test('V46 values have 2 KB together: what does not fit is left out whole, the decision last of all', () => {
  const subject = 's'.repeat(1500)
  const said = Object.fromEntries(copiedHeaders(identity({ subject, entitlements: ['e'.repeat(1500)] })))
  expect(said).toMatchObject({
    'x-vouchsafe-subject': subject,
    'x-vouchsafe-entitlements': '',
    'x-vouchsafe-decision-id': 'd-1',
  })
  const none = Object.fromEntries(copiedHeaders(identity({ subject: 's'.repeat(2046), reason: 'R' })))
  expect(none).toMatchObject({ 'x-vouchsafe-subject': '', 'x-vouchsafe-reason': 'R' })
})

test('V46 V69 whatever an identity is, its headers are visible ASCII, each once, and below 4 KB', () => {
  const text = fc.string({ unit: 'binary', maxLength: 3000 })
  const any = fc.record({
    decision_id: fc.uuid(),
    entitlements: fc.array(text, { maxLength: 4 }),
    subject: text,
    tier: text,
    revision: text,
    reason: text,
  })
  fc.assert(
    fc.property(any, (each) => {
      for (const headers of [copiedHeaders(each), setAndRemoved(each)]) {
        const names = headers.map(([name]) => name)
        expect(new Set(names).size).toBe(names.length)
        expect(headers.flat().join('')).toMatch(/^[\x21-\x7e]*$/)
        expect(headers.flat().join(': \r\n').length).toBeLessThan(3900)
      }
      expect(copiedHeaders(each).map(([name]) => name)).toEqual(reservedHeaders)
    }),
    { numRuns: 100 },
  )
})

test('V41 what is set is not removed, and all that is not set is, in every spelling with "_" and "."', () => {
  const headers = new Map(setAndRemoved(identity()))
  const removed = headers.get('x-envoy-auth-headers-to-remove')?.split(',') ?? []
  for (const name of reservedHeaders) {
    expect(removed.includes(name)).toBe(!headers.has(name))
    expect(removed).toEqual(
      expect.arrayContaining([name.replaceAll('-', '_'), name.replaceAll('-', '.'), name.replace('-', '_')]),
    )
  }
})
