import type { Sql } from '#postgres/pool.ts'
import type { StripeAccount } from './account.ts'
import type { StripeApi } from './api/create-api.ts'
import { inGroups } from './in-groups.ts'
import type { Inbox } from './inbox.ts'
import { recallFarOff } from './marks.ts'
import type { Progress } from './progress.ts'
import { takeTurn } from './turn.ts'

type Needs = {
  readonly sql: Sql
  readonly api: (account: StripeAccount) => StripeApi
  readonly inbox: Pick<Inbox, 'receive'>
  /** ms. */
  readonly now: () => number
}

/** Stripe keeps events so long. */
const keptMs = 30 * 86_400_000
/** What was on its way when the last sweep looked may have failed since. */
const overlapMs = 3 * 3_600_000
const sayEvery = 200

/**
 * Reads the events that Stripe could not deliver into the inbox, unless it was done since `since` (ms) or another
 * process is at it. Yields how many it read.
 */
export async function* sweep(needs: Needs, account: StripeAccount, since: number): AsyncGenerator<Progress> {
  const { now } = needs
  const turn = await takeTurn(needs, account, 'sweep', since)
  if (!turn) return
  const begun = now()
  let done = 0
  try {
    await recallFarOff(needs.sql, account, begun)
    const from = Math.max(begun - keptMs, (turn.last ?? 0) - overlapMs)
    for await (const some of inGroups(needs.api(account).events(from))) {
      await Promise.all(some.map((envelope) => needs.inbox.receive(account, envelope, 'sweep')))
      done += some.length
      if (!(await turn.keep())) return
      if (done % sayEvery === 0) yield { done }
    }
    await turn.done(begun)
    yield { done, total: done }
  } finally {
    // Where it was done there is nothing to release.
    await turn.release().catch(() => undefined)
  }
}
