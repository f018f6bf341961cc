import type { StripeAccount } from './account.ts'

type Needs = {
  /** The active ones. */
  readonly read: () => Promise<readonly StripeAccount[]>
  /** Told of those that were not there before, also at the start. */
  readonly added: (accounts: readonly StripeAccount[]) => void
  readonly log: { readonly warn: (fields: object, message: string) => void }
  /** ms. Default 1000. */
  readonly everyMs?: number
}

export type FollowedAccounts = {
  readonly accounts: () => readonly StripeAccount[]
  readonly close: () => Promise<void>
}

/** Knows the accounts as they come and go. While the database is away, those it knew stay. */
export function followAccounts({ read, added, log, everyMs = 1000 }: Needs): FollowedAccounts {
  let known: readonly StripeAccount[] = []
  let isAway = false
  let reading: Promise<void> | undefined

  async function follow(): Promise<void> {
    try {
      const accounts = await read()
      const before = new Set(known.map(({ id }) => id))
      known = accounts
      isAway = false
      const fresh = accounts.filter(({ id }) => !before.has(id))
      if (fresh.length > 0) added(fresh)
    } catch (err) {
      if (!isAway) log.warn({ err }, 'the accounts of Stripe cannot be read')
      isAway = true
    }
  }

  const look = () => {
    reading ??= follow().finally(() => {
      reading = undefined
    })
  }
  look()
  const timer = setInterval(look, everyMs).unref()
  return {
    accounts: () => known,
    async close() {
      clearInterval(timer)
      await reading
    },
  }
}
