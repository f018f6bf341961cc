import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoffMs, longestMs } from '#stripe/backoff.ts'

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

test('F45 waits are spread over all of a time that doubles up to five minutes, and are never shorter than was asked', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), random, fc.nat(3_600_000), (failures, chance, asked) => {
      const wait = backoffMs(failures, chance, asked)
      expect(wait).toBeGreaterThanOrEqual(asked)
      expect(wait).toBeLessThanOrEqual(asked + longestMs)
      expect(wait).toBeLessThanOrEqual(backoffMs(failures + 1, chance, asked))
    }),
  )
  expect([1, 2, 3, 9, 10, 1000].map((failures) => backoffMs(failures, 0.5))).toEqual([
    500, 1000, 2000, 128_000, 150_000, 150_000,
  ])
  expect(backoffMs(1000, 0)).toBe(0)
})
