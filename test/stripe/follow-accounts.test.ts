import { expect, test } from 'vitest'
import type { StripeAccount } from '#stripe/account.ts'
import { followAccounts } from '#stripe/follow-accounts.ts'

const account = (id: string): StripeAccount => ({
  tenant: 't',
  id,
  key: id,
  livemode: false,
  api_key: 'env:KEY',
  webhook_secrets: ['env:HOOK'],
  active: true,
})

test('an account that is added or removed is known without a restart; while none can be read, those that were known stay', async () => {
  let stored: readonly StripeAccount[] | undefined = [account('a')]
  const added: string[] = []
  const warnings: string[] = []
  const followed = followAccounts({
    read: async () => {
      if (!stored) throw new Error('away')
      return stored
    },
    added: (some) => void added.push(...some.map(({ id }) => id)),
    log: { warn: (_fields, message) => void warnings.push(message) },
    everyMs: 5,
  })
  const known = () => followed.accounts().map(({ id }) => id)
  await expect.poll(known).toEqual(['a'])
  stored = [account('a'), account('b')]
  await expect.poll(known).toEqual(['a', 'b'])
  expect(added).toEqual(['a', 'b'])
  stored = undefined
  await expect.poll(() => warnings.length).toBe(1)
  expect(known()).toEqual(['a', 'b'])
  stored = [account('b')]
  await expect.poll(known).toEqual(['b'])
  expect(added).toEqual(['a', 'b'])
  await followed.close()
})
