import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SeatPool, SeatPurchase } from '#core/tenant-view.ts'
import { seatStanding } from '#decide/seat-standing.ts'

const purchase = fc
  .record({
    starts_at: fc.nat(9),
    length: fc.option(fc.integer({ min: 1, max: 9 })),
    quantity: fc.option(fc.nat(4)),
  })
  .map(
    ({ starts_at, length, quantity }): SeatPurchase => ({
      starts_at,
      ...(length !== null && { ends_at: starts_at + length }),
      ...(quantity !== null && { quantity }),
    }),
  )
const people = ['a', 'b', 'c', 'd', 'e', 'f']

const pool = (fields: Partial<SeatPool>): SeatPool => ({
  id: 'p',
  on_shrink: 'suspend_newest',
  purchases: [],
  held: people.length,
  rank: (subject) => people.indexOf(subject),
  ...fields,
})

const seatsAt = (purchases: readonly SeatPurchase[], at: number) =>
  purchases
    .filter(({ starts_at, ends_at = Number.POSITIVE_INFINITY }) => starts_at <= at && at < ends_at)
    .reduce((sum, { quantity = Number.POSITIVE_INFINITY }) => sum + quantity, 0)

test('S003-47 the longest held seats count, as many as are bought at that moment, and it says until when', () => {
  fc.assert(
    fc.property(fc.array(purchase, { maxLength: 5 }), fc.nat(15), (purchases, now) => {
      const standings = people.map((subject) => seatStanding(pool({ purchases }), subject, now))
      for (const [rank, { counts, changes_at: until }] of standings.entries()) {
        expect(counts).toBe(rank < seatsAt(purchases, now))
        const later = Array.from({ length: 30 }, (_, n) => now + 1 + n)
        expect(until).toBe(later.find((at) => rank < seatsAt(purchases, at) !== counts))
      }
    }),
    { numRuns: 500 },
  )
})

test.each(['keep', 'block'] as const)('where the rule is %s a seat counts whatever was bought', (rule) => {
  expect(seatStanding(pool({ on_shrink: rule }), 'f', 0)).toEqual({ counts: true })
  expect(seatStanding(pool({}), 'f', 0)).toEqual({ counts: false })
})
