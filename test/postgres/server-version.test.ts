import { expect, test } from 'vitest'
import { warningFor } from '#postgres/server-version.ts'

test.each([
  [140_022, 'not supported'],
  [150_019, '15.20'],
  [160_015, '16.16'],
  [170_011, '17.12'],
  [180_006, '18.7'],
])('V63 server %i is warned of', (version, text) => {
  expect(warningFor(version)).toContain(text)
})

test.each([150_020, 160_016, 170_012, 180_007, 190_000])('V63 server %i is not', (version) => {
  expect(warningFor(version)).toBeUndefined()
})
