import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from '#postgres/pool.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import type { StripeAccount } from './account.ts'
import { markCustomers } from './mark-customers.ts'
import type { Progress } from './progress.ts'
import type { Turn } from './turn.ts'

type Needs = {
  readonly sql: Sql
  /** Somebody is to be fetched. */
  readonly wake: () => void
  /** ms. */
  readonly now: () => number
}

/** Some of a list of Stripe's, compared. */
export type Compared = {
  readonly count: number
  /** Who is to be fetched. */
  readonly customers: readonly string[]
  /** Where a pass that is cut off after it goes on. */
  readonly after?: string
}

/** Whoever buys during an import waits behind so many, and not behind all of it. */
const mostDue = 200
const askEveryMs = 250
/** Where nobody works at them, it goes on all the same. */
const patienceMs = 60_000

/**
 * Marks whose purchases differ, as fast as they are fetched. Yields how many it compared; its value says whether the turn
 * was kept to the end.
 */
export async function* markDiffering(
  needs: Needs,
  account: StripeAccount,
  turn: Turn,
  compared: AsyncIterable<Compared>,
): AsyncGenerator<Progress, { readonly kept: boolean; readonly done: number }> {
  let done = 0
  for await (const { count, customers, after } of compared) {
    await mark(needs, account, customers)
    done += count
    if (!(await turn.keep(after))) return { kept: false, done }
    if (count > 0) yield { done }
    if (customers.length === 0) continue
    for (let waited = 0; waited < patienceMs && (await areManyDue(needs, account)); waited += askEveryMs) {
      await sleep(askEveryMs)
      if (!(await turn.keep())) return { kept: false, done }
      yield { done }
    }
  }
  return { kept: true, done }
}

/** Whether so many wait already that no more should be marked now. Those that wait for their next try hold up nobody. */
export async function areManyDue(
  { sql, now }: Pick<Needs, 'sql' | 'now'>,
  { tenant, id }: Pick<StripeAccount, 'tenant' | 'id'>,
): Promise<boolean> {
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

async function mark(
  { sql, now, wake }: Needs,
  { tenant, id }: StripeAccount,
  customers: readonly string[],
): Promise<void> {
  if (customers.length === 0) return
  await withTenant(sql, { tenant, actor: 'stripe', action: 'ReconcileStripe' }, (tx) =>
    markCustomers(tx, { tenant, account: id }, customers, new Date(now())),
  )
  wake()
}
