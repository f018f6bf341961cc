import type { Connection } from './connection.ts'
import { one } from './one.ts'
import { pages } from './pages.ts'
import { StripeFailure } from './stripe-failure.ts'

export type OwnAccount = {
  /** "acct_…"; absent where the key works and may not say whose it is. */
  readonly id?: string
}

/** Stripe lets no restricted key read its account: then what we live by is tried instead. */
export async function ownAccount({ gate, stripe }: Connection): Promise<OwnAccount> {
  try {
    const { id } = await one(gate, 'accounts.retrieve', 'account', () => stripe.accounts.retrieveCurrent())
    return { id }
  } catch (error) {
    if (!(error instanceof StripeFailure && error.ofKey)) throw error
  }
  const some = pages(gate, 'subscriptions.list', (cursor) =>
    stripe.subscriptions.list({ ...cursor, status: 'all', limit: 1 }),
  )
  for await (const _first of some) break
  return {}
}
