import type { StripeAccount } from '#stripe/account.ts'
import { createStripeApi } from '#stripe/api/create-api.ts'
import type { FakeStripe } from '#test/stripe/fake/start-fake-stripe.ts'

export const account: StripeAccount = {
  tenant: '0190aaaa-0000-7000-8000-000000000001',
  id: '0190aaaa-0000-7000-8000-000000000002',
  key: 'shop',
  livemode: false,
  api_key: 'env:KEY',
  webhook_secrets: ['env:WHSEC'],
  metadata_key: 'right',
  active: true,
}

type ApiNeeds = Parameters<typeof createStripeApi>[0]

/** Our API towards a fake, in no hurry to spare it. */
export function connected(fake: Pick<FakeStripe, 'url' | 'key'>, needs: Partial<ApiNeeds> = {}) {
  const create = createStripeApi({
    secret: () => fake.key,
    base: new URL(fake.url),
    perSecond: 10_000,
    ...needs,
  })
  return create(account)
}
