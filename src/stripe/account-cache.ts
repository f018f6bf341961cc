import type { StripeAccount } from './account.ts'

type Needs = {
  /** The active ones. */
  readonly read: () => Promise<readonly StripeAccount[]>
  /** ms. */
  readonly now: () => number
}

export type AccountCache = {
  readonly byKey: (key: string) => Promise<StripeAccount | undefined>
  /** The only one there is. */
  readonly only: () => Promise<StripeAccount | undefined>
}

const freshMs = 1000
/** Where one is missing it may have been added just now. */
const freshForMissingMs = 100

/**
 * The accounts as they were at most a second ago: all are read at once, so that neither a storm of events nor one of
 * made up paths costs a query each. Where they cannot be read it fails.
 */
export function createAccountCache({ read, now }: Needs): AccountCache {
  let last: { readonly at: number; readonly byKey: ReadonlyMap<string, StripeAccount> } | undefined
  let reading: Promise<ReadonlyMap<string, StripeAccount>> | undefined

  async function readNow() {
    const at = now()
    const byKey = new Map((await read()).map((account) => [account.key, account]))
    last = { at, byKey }
    return byKey
  }

  async function accounts(maxAgeMs: number): Promise<ReadonlyMap<string, StripeAccount>> {
    // A clock that was set back makes it older, not younger.
    if (last !== undefined && Math.abs(now() - last.at) < maxAgeMs) return last.byKey
    reading ??= readNow().finally(() => {
      reading = undefined
    })
    return reading
  }

  return {
    async byKey(key) {
      return (await accounts(freshMs)).get(key) ?? (await accounts(freshForMissingMs)).get(key)
    },
    async only() {
      const one = sole(await accounts(freshMs))
      return one ?? sole(await accounts(freshForMissingMs))
    },
  }
}

function sole(accounts: ReadonlyMap<string, StripeAccount>): StripeAccount | undefined {
  return accounts.size === 1 ? accounts.values().next().value : undefined
}
