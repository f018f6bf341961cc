import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from '#postgres/pool.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import type { StripeAccount } from './account.ts'
import type { StripeApi } from './api/create-api.ts'
import type { SubscriptionSeen } from './api/read-subscriptions.ts'
import { StripeFailure } from './api/stripe-failure.ts'
import { markCustomers } from './mark-customers.ts'
import { differing, longNotFetched, vanished } from './mirror.ts'
import type { Progress } from './progress.ts'
import { pruneEvents } from './prune-events.ts'
import { type Turn, takeTurn } from './turn.ts'

type Needs = {
  readonly sql: Sql
  readonly api: (account: StripeAccount) => StripeApi
  /** Somebody is to be fetched. */
  readonly wake: () => void
  /** ms. */
  readonly now: () => number
}

const atOnce = 100
/** Whoever buys during an import waits behind so many, and not behind all of it. */
const mostDue = 200
const askEveryMs = 250
/** Where nobody works at them, it goes on all the same. */
const patienceMs = 60_000

/**
 * Compares all subscriptions of the account with what was fetched of them, and marks whose differ, whose are not known,
 * and whose are gone; unless it was done since `since` (ms) or another process is at it. A pass that was cut off goes on
 * where it was. At its end the inbox loses what was settled long ago. The first one imports an account that was there before us. Yields how many it compared.
 */
export async function* reconcile(
  needs: Needs,
  account: StripeAccount,
  since: number,
): AsyncGenerator<Progress> {
  const turn = await takeTurn(needs, account, 'reconcile', since)
  if (!turn) return
  try {
    yield* pass(needs, account, turn)
  } finally {
    // Where it was done there is nothing to release.
    await turn.release().catch(() => undefined)
  }
}

async function* pass(needs: Needs, account: StripeAccount, turn: Turn): AsyncGenerator<Progress> {
  const { sql, now } = needs
  const begun = now()
  const seen = new Set<string>()
  let done = 0
  for await (const some of inGroups(subscriptions(needs, account, turn))) {
    await mark(needs, account, await differing(sql, account, some))
    for (const { id } of some) seen.add(id)
    done += some.length
    if (!(await turn.keep(some.at(-1)?.id))) return
    yield { done }
    for (let waited = 0; waited < patienceMs && (await areManyDue(needs, account)); waited += askEveryMs) {
      await sleep(askEveryMs)
      if (!(await turn.keep())) return
      yield { done }
    }
  }
  // Who goes on from the middle has not seen all: the next pass tells what is gone.
  if (turn.after === undefined) {
    for await (const customers of vanished(sql, account, { seen, before: begun }))
      await mark(needs, account, customers)
  }
  await mark(needs, account, await longNotFetched(sql, account, begun))
  for await (const _gone of pruneEvents(sql, account.tenant, begun)) if (!(await turn.keep())) return
  await turn.done(begun)
  yield { done, total: done }
}

/** Those that wait for their next try are not counted: they hold up nobody. */
async function areManyDue({ sql, now }: Needs, { tenant, id }: StripeAccount): Promise<boolean> {
  const due = await readTenant(
    sql,
    tenant,
    (tx) => tx`
      select from vouchsafe.stripe_marks
      where tenant_id = ${tenant} and account_id = ${id} and state = 'waiting' and due_at <= ${new Date(now())}
      limit ${mostDue}`,
  )
  return due.length === mostDue
}

async function* subscriptions(
  { api }: Needs,
  account: StripeAccount,
  turn: Turn,
): AsyncGenerator<SubscriptionSeen> {
  try {
    yield* api(account).subscriptions(turn.after)
  } catch (error) {
    // Where it was is gone: the next pass begins anew.
    const isGone = turn.after !== undefined && error instanceof StripeFailure && error.kind === 'missing'
    if (isGone) await turn.keep(null)
    throw error
  }
}

async function* inGroups<T>(all: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  let some: T[] = []
  for await (const one of all) {
    some.push(one)
    if (some.length < atOnce) continue
    yield some
    some = []
  }
  if (some.length > 0) yield some
}

async function mark(
  { sql, now, wake }: Needs,
  account: StripeAccount,
  customers: readonly string[],
): Promise<void> {
  if (customers.length === 0) return
  const place = { tenant: account.tenant, account: account.id }
  await withTenant(sql, { tenant: account.tenant, actor: 'stripe', action: 'ReconcileStripe' }, (tx) =>
    markCustomers(tx, place, customers, new Date(now())),
  )
  wake()
}
