import { AppError } from '#core/errors.ts'
import type { StripeAccount } from './account.ts'
import { StripeFailure } from './api/stripe-failure.ts'

/** Asks Stripe for a caller, who is told why it cannot be done: STRIPE_UNAVAILABLE, FAILED_PRECONDITION. */
export async function asking<T>({ key: account }: StripeAccount, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw failureFor(account, error)
  }
}

export function failureFor(account: string, error: unknown): unknown {
  if (!(error instanceof StripeFailure)) return error
  const { kind, message } = error
  if (kind === 'unavailable' || kind === 'limited') {
    return new AppError('STRIPE_UNAVAILABLE', 'Stripe does not answer now: try again.', { account }, error)
  }
  return new AppError('FAILED_PRECONDITION', `Stripe refused: ${message}.`, { account }, error)
}
