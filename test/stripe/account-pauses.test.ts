import { expect, test } from 'vitest'
import { createAccountPauses } from '#stripe/account-pauses.ts'

const pausesWithout = () => createAccountPauses(() => 0)

test('F45 after three failures one customer tries now and then; the first success lets all go on', () => {
  const pauses = pausesWithout()
  const most = (now: number) => pauses.atOnce('a', now, 8)
  pauses.failed('a', 0)
  pauses.failed('a', 0)
  expect(most(0)).toBe(8)
  pauses.failed('a', 0)
  expect([most(0), most(499), most(500)]).toEqual([0, 0, 1])
  pauses.succeeded('a')
  expect(most(500)).toBe(8)
})

test('F45 an hour without an answer costs some seventy tries, and none is further than a minute away', () => {
  const pauses = pausesWithout()
  let tries = 0
  for (let now = 0; now < 3_600_000; now += 500) {
    if (pauses.atOnce('a', now, 8) === 0) continue
    tries += 1
    pauses.failed('a', now)
  }
  expect(tries).toBeLessThan(130)
  const later = 3_600_000 + 60_000
  expect(pauses.atOnce('a', later, 8)).toBe(1)
})

test('failures of those that had begun before a pause do not make it longer, and other accounts are not concerned', () => {
  const pauses = pausesWithout()
  for (let n = 0; n < 40; n++) pauses.failed('a', 0)
  expect(pauses.atOnce('a', 500, 8)).toBe(1)
  expect(pauses.atOnce('b', 0, 8)).toBe(8)
})

test('F46 who says how long to wait is left alone so long, and asked as before after that', () => {
  const pauses = pausesWithout()
  for (let n = 0; n < 5; n++) pauses.wait('a', n, 7000)
  expect([pauses.atOnce('a', 7003, 8), pauses.atOnce('a', 7004, 8)]).toEqual([0, 8])
})
