import type { Connection } from './connection.ts'
import { one } from './one.ts'

export type OwnAccount = {
  /** "acct_…" */
  readonly id: string
}

export async function ownAccount({ gate, stripe }: Connection): Promise<OwnAccount> {
  const { id } = await one(gate, 'accounts.retrieve', 'account', () => stripe.accounts.retrieveCurrent())
  return { id }
}
