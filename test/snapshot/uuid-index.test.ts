import { expect, test } from 'vitest'
import { SeededHash } from '#snapshot/seeded-hash.ts'
import { UuidIndex } from '#snapshot/uuid-index.ts'

const first = '01a1fed7-7c18-7000-a95d-c0ce5032d0f3'
const second = '01a1fed7-7c18-7000-a95d-c0ce5032d0f4'

test('an id is found by its one spelling, whatever was looked for before', () => {
  const ids = new UuidIndex(new SeededHash(Uint32Array.of(1, 2)))
  expect(ids.find(first)).toBe(0)
  const slot = ids.intern(first)
  const other = ids.intern(second)
  const asked = [first, second, 'junk', first, first.toUpperCase(), second, '', second]
  expect(asked.map((text) => ids.find(text))).toEqual([slot, other, 0, slot, 0, other, 0, other])
})
