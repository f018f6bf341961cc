import { expect, test } from 'vitest'
import { cappedDeadline } from '#rpc/deadline.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { createVerbTable } from '#rpc/table.ts'
import { noStripe } from './no-stripe.ts'

test('an answer is due within five seconds, or what its verb allows, and never later than the client wants', () => {
  expect(cappedDeadline(Number.POSITIVE_INFINITY, 1000)).toBe(6000)
  expect(cappedDeadline(2000, 1000)).toBe(2000)
  expect(cappedDeadline(Number.POSITIVE_INFINITY, 1000, 60_000)).toBe(61_000)
  expect(cappedDeadline(2000, 1000, 60_000)).toBe(2000)
})

test('only changes may take a minute', () => {
  const table = createVerbTable({ stripe: noStripe } as RpcNeeds)
  const longest = new Map(table.map(({ method, longestMs }) => [method.name, longestMs]))
  expect(longest.get('RestrictProduct')).toBe(60_000)
  expect(longest.get('GrantEntitlement')).toBe(60_000)
  expect(longest.get('Check')).toBeUndefined()
  for (const [name, ms] of longest)
    if (/^(Get|List|Check|BatchCheck|Filter|Explain)/.test(name))
      expect([name, ms]).toEqual([name, undefined])
})
