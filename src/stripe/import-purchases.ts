import type { Sql } from '#postgres/pool.ts'
import type { StripeAccount } from './account.ts'
import type { StripeApi } from './api/create-api.ts'
import { type PurchaseList, purchaseLists } from './api/read-purchases.ts'
import { StripeFailure } from './api/stripe-failure.ts'
import { type Compared, markDiffering } from './mark-differing.ts'
import { otherPurchases } from './mirror.ts'
import type { Progress } from './progress.ts'
import { type Turn, takeTurn } from './turn.ts'

type Needs = {
  readonly sql: Sql
  readonly api: (account: StripeAccount) => StripeApi
  readonly wake: () => void
  /** ms. */
  readonly now: () => number
}

/** What is younger may have been paid since the last pass; of what is older the first pass knew all that it ever will be. */
const usualReachMs = 100 * 86_400_000

/**
 * Brings in who ever paid something once: compares completed checkouts and paid invoices of no subscription with what was
 * fetched, and marks whose are not known; unless it was done since `since` (ms) or another process is at it. The first
 * pass goes through all of them, later ones so far back behind the one before (`reachMs`). A pass that was cut off goes on
 * where it was, unless it did not go so far back. Yields how many it compared.
 */
export async function* importPurchases(
  needs: Needs,
  account: StripeAccount,
  since: number,
  reachMs = usualReachMs,
): AsyncGenerator<Progress> {
  const turn = await takeTurn(needs, account, 'import', since)
  if (!turn) return
  try {
    const begun = needs.now()
    const { kept, done } = yield* markDiffering(needs, account, turn, compared(needs, account, turn, reachMs))
    if (!kept) return
    await turn.done(begun)
    yield { done, total: done }
  } finally {
    // Where it was done there is nothing to release.
    await turn.release().catch(() => undefined)
  }
}

async function* compared(
  { sql, api }: Needs,
  account: StripeAccount,
  turn: Turn,
  reachMs: number,
): AsyncGenerator<Compared> {
  const wanted = Math.max(0, (turn.last ?? 0) - reachMs)
  const { since, from, id } = placeOf(turn, wanted) ?? { since: wanted }
  const first = Math.max(0, purchaseLists.indexOf(from as PurchaseList))
  for (const list of purchaseLists.slice(first)) {
    const after = list === from ? id : undefined
    try {
      for await (const { last, purchases } of api(account).purchases(list, {
        ...(since > 0 && { since }),
        ...(after !== undefined && { after }),
      })) {
        const customers = await otherPurchases(sql, account, purchases)
        yield {
          count: purchases.length,
          customers,
          ...(last !== '' && { after: `${since} ${list} ${last}` }),
        }
      }
    } catch (error) {
      // Where it was is gone: the next pass begins anew.
      const isGone = after !== undefined && error instanceof StripeFailure && error.kind === 'missing'
      if (isGone) await turn.keep(null)
      throw error
    }
  }
}

/** Where a pass was that was cut off, if it went as far back as is wanted (ms). */
function placeOf({ after }: Turn, wanted: number) {
  const [at, from, id] = after?.split(' ') ?? []
  const since = Number(at)
  return id !== undefined && since <= wanted ? { since, from, id } : undefined
}
