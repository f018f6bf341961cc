import { expect, test } from 'vitest'
import type { StripeAccount } from '#stripe/account.ts'
import { createAccountCache } from '#stripe/account-cache.ts'

const account = (key: string): StripeAccount => ({
  tenant: 't',
  id: key,
  key,
  livemode: false,
  api_key: 'env:KEY',
  webhook_secrets: ['env:HOOK'],
  active: true,
})

function opened(accounts: StripeAccount[]) {
  const clock = { now: 1_000_000 }
  const reads = { count: 0, failing: false }
  const read = async () => {
    reads.count += 1
    if (reads.failing) throw new Error('away')
    return [...accounts]
  }
  return { cache: createAccountCache({ read, now: () => clock.now }), clock, reads, accounts }
}

test('F41 a storm costs one query a second, whatever path it goes to', async () => {
  const { cache, clock, reads } = opened([account('one')])
  await Promise.all(Array.from({ length: 1000 }, () => cache.byKey('one')))
  expect(reads.count).toBe(1)
  await Promise.all(Array.from({ length: 1000 }, (_, n) => cache.byKey(`made-up-${n}`)))
  expect(reads.count).toBe(1)
  clock.now += 999
  expect((await cache.byKey('one'))?.key).toBe('one')
  expect(reads.count).toBe(1)
  clock.now += 1
  await cache.byKey('one')
  expect(reads.count).toBe(2)
})

test('what changed is seen a second later, and what is new sooner', async () => {
  const { cache, clock, accounts } = opened([account('one')])
  expect((await cache.only())?.key).toBe('one')
  accounts.push(account('two'))
  clock.now += 100
  expect((await cache.byKey('two'))?.key).toBe('two')
  expect(await cache.only()).toBeUndefined()
  accounts.splice(0)
  clock.now += 1000
  expect(await cache.byKey('two')).toBeUndefined()
})

test('a clock that was set back keeps nothing', async () => {
  const { cache, clock, reads } = opened([account('one')])
  await cache.byKey('one')
  clock.now -= 86_400_000
  await cache.byKey('one')
  expect(reads.count).toBe(2)
})

test('where it cannot be read it fails, and is read again', async () => {
  const { cache, clock, reads } = opened([account('one')])
  await cache.byKey('one')
  clock.now += 1000
  reads.failing = true
  await expect(cache.byKey('one')).rejects.toThrow('away')
  reads.failing = false
  expect((await cache.byKey('one'))?.key).toBe('one')
})
