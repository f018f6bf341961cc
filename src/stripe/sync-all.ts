import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from '#postgres/pool.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import type { StripeAccount } from './account.ts'
import type { StripeApi } from './api/create-api.ts'
import { importPurchases } from './import-purchases.ts'
import type { Progress } from './progress.ts'
import { reconcile } from './reconcile.ts'

type Needs = {
  readonly sql: Sql
  readonly api: (account: StripeAccount) => StripeApi
  readonly wake: () => void
  /** ms. */
  readonly now: () => number
}

export type Standing = {
  /** Subscriptions, schedules and what was paid once. */
  readonly compared: number
  /** Marks of the account, by what they wait for. */
  readonly waiting: number
  readonly unbound: number
  readonly dead: number
}

const askEveryMs = 250
/** Where nothing moves for so long, nobody works at it, or Stripe does not answer. */
const patienceMs = 30_000

/**
 * Compares the whole account with Stripe and has the workers fetch who differs; yields how far they are until nobody
 * waits, nothing moves, or it is aborted. Throws StripeFailure.
 */
export async function* syncAll(
  needs: Needs,
  account: StripeAccount,
  signal: AbortSignal,
): AsyncGenerator<Standing> {
  const { sql, now } = needs
  let compared = 0
  const everything = Number.POSITIVE_INFINITY
  for (const pass of [
    () => reconcile(needs, account, now()),
    () => importPurchases(needs, account, now(), everything),
  ]) {
    const before = compared
    for await (const done of untilDone(pass, signal)) {
      compared = before + done
      yield { compared, ...(await marksOf(sql, account)) }
      if (signal.aborted) return
    }
  }
  needs.wake()
  let least = Number.POSITIVE_INFINITY
  let movedAt = performance.now()
  while (!signal.aborted) {
    const standing = await marksOf(sql, account)
    yield { compared, ...standing }
    if (standing.waiting === 0) return
    if (standing.waiting < least) {
      least = standing.waiting
      movedAt = performance.now()
    } else if (performance.now() - movedAt > patienceMs) return
    await sleep(askEveryMs, undefined, { signal }).catch(() => undefined)
  }
}

/** Where another process is at it, what it has compared by now is not known: it is done anew after. */
async function* untilDone(pass: () => AsyncIterable<Progress>, signal: AbortSignal): AsyncGenerator<number> {
  for (let isDone = false; !isDone && !signal.aborted; ) {
    for await (const { done, total } of pass()) {
      isDone = total !== undefined
      yield done
    }
    if (isDone) return
    yield 0
    await sleep(askEveryMs, undefined, { signal }).catch(() => undefined)
  }
}

export async function marksOf(sql: Sql, { tenant, id }: StripeAccount): Promise<Omit<Standing, 'compared'>> {
  const [row] = await readTenant(
    sql,
    tenant,
    (tx) => tx<Omit<Standing, 'compared'>[]>`
      select count(*) filter (where state = 'waiting')::integer as waiting,
        count(*) filter (where state = 'unbound')::integer as unbound,
        count(*) filter (where state = 'dead')::integer as dead
      from vouchsafe.stripe_marks where tenant_id = ${tenant} and account_id = ${id}`,
  )
  return row ?? { waiting: 0, unbound: 0, dead: 0 }
}
