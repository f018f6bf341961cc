import type { Sql } from '#postgres/pool.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import type { StripeAccount } from './account.ts'
import type { SubscriptionSeen } from './api/read-subscriptions.ts'

const atOnce = 1000

/**
 * Finds who has a subscription kept that Stripe does not list any more. Stripe lists by the time of making, the newest
 * first, so a group that was listed is held against what is kept of its time; nothing is remembered but what was made in
 * the group's last second. `begun`: when the list was begun (ms): what was fetched later is newer than the list. A pass
 * that goes on in the middle does not know what came before it.
 */
export function seekVanished(sql: Sql, account: StripeAccount, begun: number, fromTheFirst: boolean) {
  let upTo = fromTheFirst ? Number.POSITIVE_INFINITY : undefined
  let ofLastSecond: readonly string[] = []

  /** Customers, some at a time. No more listed: the end of the list. */
  return async function* (listed?: readonly SubscriptionSeen[]): AsyncGenerator<readonly string[]> {
    const group = listed ?? []
    const made = group.map(({ subscription }) => subscription.created)
    upTo ??= (made[0] ?? 0) - 1
    const downTo = listed === undefined ? Number.NEGATIVE_INFINITY : Math.min(upTo, ...made)
    const seen = [...ofLastSecond, ...group.map(({ id }) => id)]
    yield* goneBetween(sql, account, { downTo, upTo, seen, begun })
    const rest = group.filter(({ subscription }) => subscription.created <= downTo).map(({ id }) => id)
    ofLastSecond = downTo === upTo ? [...ofLastSecond, ...rest] : rest
    upTo = downTo
  }
}

type Span = {
  /** ms, without it. */
  readonly downTo: number
  /** ms, with it. */
  readonly upTo: number
  readonly seen: readonly string[]
  readonly begun: number
}

async function* goneBetween(
  sql: Sql,
  { tenant, id }: StripeAccount,
  { downTo, upTo, seen, begun }: Span,
): AsyncGenerator<readonly string[]> {
  for (let after: string | undefined = ''; after !== undefined; ) {
    const from: string = after
    const gone: readonly { subscription: string; customer: string }[] = await readTenant(
      sql,
      tenant,
      (tx) => tx<{ subscription: string; customer: string }[]>`
        select subscription, customer from vouchsafe.stripe_subscriptions
        where tenant_id = ${tenant} and account_id = ${id} and subscription > ${from} and fetched_at < ${new Date(begun)}
          ${Number.isFinite(downTo) ? tx`and created > ${new Date(downTo)}` : tx``}
          ${Number.isFinite(upTo) ? tx`and created <= ${new Date(upTo)}` : tx``}
          and subscription <> all(${seen as string[]}::text[])
        order by subscription limit ${atOnce}`,
    )
    if (gone.length > 0) yield [...new Set(gone.map(({ customer }) => customer))]
    after = gone.length < atOnce ? undefined : gone.at(-1)?.subscription
  }
}
