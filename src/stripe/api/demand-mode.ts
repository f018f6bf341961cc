import type { StripeAccount } from '#stripe/account.ts'
import { StripeFailure } from './stripe-failure.ts'

/** What the other mode sold gives nobody a right here: a test's payment is none. */
export function demandMode(account: StripeAccount, operation: string, livemode: boolean): void {
  if (livemode === account.livemode) return
  const mode = livemode ? 'live' : 'test'
  throw new StripeFailure('refused', `${operation}: the API key of ${account.key} reads the ${mode} mode`)
}
