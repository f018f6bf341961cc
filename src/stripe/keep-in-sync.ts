import type { StripeAccount } from './account.ts'
import { StripeFailure } from './api/stripe-failure.ts'
import type { Progress } from './progress.ts'

type Write = (fields: object, message: string) => void
type Pass = (account: StripeAccount, since: number) => AsyncIterable<Progress>

type Needs = {
  readonly accounts: () => readonly StripeAccount[]
  readonly sweep: Pass
  readonly reconcile: Pass
  /** Takes long where there is much, so it holds up neither of the others. */
  readonly importPurchases: Pass
  /** ms. */
  readonly now: () => number
  readonly log: { readonly info: Write; readonly warn: Write }
  /** How often it looks whose turn it is, ms. Default 60 000. */
  readonly everyMs?: number
}

const sweepEveryMs = 600_000
const reconcileEveryMs = 3_600_000
const importEveryMs = 7 * 86_400_000

export type KeptInSync = {
  /** Sweeps now what was not swept this moment, and reconciles and imports where that is due. */
  readonly begin: (accounts: readonly StripeAccount[]) => void
  /** When nothing is under way. */
  readonly settled: () => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * Finds what events did not bring: sweeps every ten minutes, reconciles every hour, goes through all that was paid once
 * every week, each account by one process.
 */
export function keepInSync(needs: Needs): KeptInSync {
  const { accounts, sweep, reconcile, importPurchases, now, log, everyMs = 60_000 } = needs
  const busy = new Map<string, Promise<void>>()
  const state = { closed: false }

  function begin(some: readonly StripeAccount[], sweepsDueMs: number): void {
    for (const account of some) {
      start(account.id, () => both(account, sweepsDueMs))
      start(`${account.id} import`, () => pass('imported', importPurchases, account, now() - importEveryMs))
    }
  }

  function start(name: string, work: () => Promise<void>): void {
    if (state.closed || busy.has(name)) return
    const done = work().finally(() => busy.delete(name))
    busy.set(name, done)
  }

  async function both(account: StripeAccount, sweepsDueMs: number): Promise<void> {
    await pass('swept', sweep, account, now() - sweepsDueMs)
    await pass('reconciled', reconcile, account, now() - reconcileEveryMs)
  }

  async function pass(what: string, work: Pass, account: StripeAccount, since: number): Promise<void> {
    try {
      let last: Progress | undefined
      for await (const progress of work(account, since)) {
        last = progress
        if (state.closed) break
      }
      if (last) log.info({ account: account.key, ...last }, `Stripe was ${what}`)
    } catch (error) {
      if (state.closed) return
      const why = error instanceof StripeFailure ? { kind: error.kind } : { err: error }
      log.warn({ account: account.key, ...why }, `Stripe was not ${what}; it is tried again soon`)
    }
  }

  const timer = setInterval(() => begin(accounts(), sweepEveryMs), everyMs).unref()
  return {
    begin: (some) => begin(some, 0),
    async settled() {
      while (busy.size > 0) await Promise.all(busy.values())
    },
    async close() {
      state.closed = true
      clearInterval(timer)
      // What waits for Stripe is not waited for: its turn runs out.
      const late = new Promise<void>((resolve) => setTimeout(resolve, 1000).unref())
      await Promise.race([Promise.all(busy.values()), late])
    },
  }
}
