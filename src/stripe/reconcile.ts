import type { Sql } from '#postgres/pool.ts'
import type { StripeAccount } from './account.ts'
import type { StripeApi } from './api/create-api.ts'
import { purchaseLists } from './api/read-purchases.ts'
import { StripeFailure } from './api/stripe-failure.ts'
import { inGroups } from './in-groups.ts'
import { longNotFetched } from './long-not-fetched.ts'
import { type Compared, markDiffering } from './mark-differing.ts'
import { differing, otherMoneyBack, otherPurchases, otherSchedules } from './mirror.ts'
import type { Progress } from './progress.ts'
import { pruneEvents } from './prune-events.ts'
import { type Turn, takeTurn } from './turn.ts'
import { seekVanished } from './vanished.ts'

type Needs = {
  readonly sql: Sql
  readonly api: (account: StripeAccount) => StripeApi
  /** Somebody is to be fetched. */
  readonly wake: () => void
  /** ms. */
  readonly now: () => number
  /** How long the inbox keeps what is settled, ms. */
  readonly keptMs?: number
}

/** What was begun before the last pass may have been paid since. Older ones are the import's. */
const purchasesMs = 3 * 86_400_000
/** Stripe lists at once what was given back. */
const moneyBackMs = 600_000
/** What changed before a place since waits for the next pass: no longer than this a pass goes on from it. */
const placeMs = 3_600_000

/**
 * Compares the account with what was fetched of it: all subscriptions and schedules, and what was paid, given back or
 * disputed since the last pass; marks whose differ, whose are not known, and whose are gone; unless it was done since
 * `since` (ms) or another process is at it. A pass that was cut off less than an hour after its beginning goes on where it
 * was. At its end the inbox loses what was settled long ago. Yields how many it compared. However many there are, it holds
 * some of them at a time.
 */
export async function* reconcile(
  needs: Needs,
  account: StripeAccount,
  since: number,
): AsyncGenerator<Progress> {
  const turn = await takeTurn(needs, account, 'reconcile', since)
  if (!turn) return
  try {
    const now = needs.now()
    const place = placeOf(turn, now)
    const { kept, done } = yield* markDiffering(needs, account, turn, compared(needs, account, turn, place))
    if (!kept) return
    for await (const _gone of pruneEvents(needs.sql, account.tenant, now, needs.keptMs))
      if (!(await turn.keep())) return
    await turn.done(place.begun)
    yield { done, total: done }
  } finally {
    // Where it was done there is nothing to release.
    await turn.release().catch(() => undefined)
  }
}

type Place = {
  /** When the pass was begun that came so far, ms. */
  readonly begun: number
  /** The subscription it came to. */
  readonly after?: string
}

function placeOf({ after: text }: Turn, now: number): Place {
  const [at, after] = text?.split(' ') ?? []
  const begun = Number(at)
  return after !== undefined && begun <= now && begun > now - placeMs ? { begun, after } : { begun: now }
}

async function* compared(
  needs: Needs,
  account: StripeAccount,
  turn: Turn,
  place: Place,
): AsyncGenerator<Compared> {
  const { sql } = needs
  const api = needs.api(account)
  yield* subscriptions(needs, account, turn, place)
  for await (const some of api.schedules())
    yield { count: some.length, customers: await otherSchedules(sql, account, some) }
  // Before the first pass everything is the import's.
  if (turn.last !== undefined) {
    for (const list of purchaseLists)
      for await (const { purchases } of api.purchases(list, { since: turn.last - purchasesMs }))
        yield { count: purchases.length, customers: await otherPurchases(sql, account, purchases) }
    for await (const some of api.moneyBack(turn.last - moneyBackMs))
      yield { count: 0, customers: await otherMoneyBack(sql, account, some) }
  }
  yield { count: 0, customers: await longNotFetched(sql, account, needs.now()) }
}

async function* subscriptions(
  { sql, api, now }: Needs,
  account: StripeAccount,
  turn: Turn,
  { begun, after: from }: Place,
): AsyncGenerator<Compared> {
  const vanished = seekVanished(sql, account, now(), from === undefined)
  try {
    for await (const some of inGroups(api(account).subscriptions(from))) {
      for await (const customers of vanished(some)) yield { count: 0, customers }
      const customers = await differing(sql, account, some)
      const last = some.at(-1)?.id
      yield { count: some.length, customers, ...(last !== undefined && { after: `${begun} ${last}` }) }
    }
  } catch (error) {
    // Where it was is gone: the next pass begins anew.
    const isGone = from !== undefined && error instanceof StripeFailure && error.kind === 'missing'
    if (isGone) await turn.keep(null)
    throw error
  }
  for await (const customers of vanished()) yield { count: 0, customers }
}
