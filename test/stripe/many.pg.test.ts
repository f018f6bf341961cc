import { expect, test } from 'vitest'
import { allCustomers } from '#stripe/all-customers.ts'
import type { StripeApi } from '#stripe/api/create-api.ts'
import type { SubscriptionSeen } from '#stripe/api/read-subscriptions.ts'
import { reconcile } from '#stripe/reconcile.ts'
import { heldBytes } from './heap.ts'
import { openWorkshop, type Workshop } from './workshop.ts'

const many = 20_000
/** Ids so long that whoever kept them all would hold 20 MB. */
const tail = 'x'.repeat(1000)
const began = Date.UTC(2026, 0, 1)
const none = async function* () {}

function seen(n: number): SubscriptionSeen {
  const id = `sub_${n}_${tail}`
  const subscription = {
    id,
    status: 'active',
    created: began + n * 1000,
    started: began,
    items: [],
    cancel_at_period_end: false,
    paused: false,
  }
  return { id, customer: `cus_${n}`, subscription, complete: true }
}

/** Lists very many, the newest first; `held`: the most bytes that were held on the way, above what was held at first. */
function listing() {
  const at = { held: 0 }
  const before = heldBytes()
  async function* subscriptions() {
    for (let n = many; n > 0; n--) {
      if (n % 4000 === 1) at.held = Math.max(at.held, heldBytes() - before)
      yield seen(n)
    }
  }
  const api = { subscriptions, schedules: none, purchases: none, moneyBack: none } as unknown as StripeApi
  return { at, api: () => api }
}

/** As they would be kept, had they been fetched; also one that Stripe does not list any more. */
async function keepMany({ sql, tenant, account }: Workshop) {
  await sql`
    insert into vouchsafe.stripe_states (tenant_id, account_id, customer, state, matches, fetched_at)
    select ${tenant}, ${account.id}, 'cus_' || n, jsonb_build_object('customer', 'cus_' || n, 'deleted', false,
      'schedules', '[]'::jsonb, 'checkouts', '[]'::jsonb, 'features', '[]'::jsonb,
      'subscriptions', jsonb_build_array(jsonb_build_object('id', 'sub_' || n || '_' || ${tail}::text, 'status', 'active',
        'created', ${began}::bigint + n * 1000, 'started', ${began}::bigint, 'items', '[]'::jsonb,
        'cancel_at_period_end', false, 'paused', false))), '{}', now() - interval '1 hour'
    from generate_series(1, ${many}::integer) n`
  await sql`
    insert into vouchsafe.stripe_subscriptions (tenant_id, account_id, subscription, customer, created, status,
      cancel_at_period_end, fetched_at)
    select ${tenant}, ${account.id}, case n when 7 then 'sub_gone' else 'sub_' || n || '_' || ${tail}::text end, 'cus_' || n,
      to_timestamp(${began / 1000}::float8 + n), 'active', false, now() - interval '1 hour'
    from generate_series(1, ${many}::integer) n`
}

test('F46 a pass over twenty thousand subscriptions holds some of them at a time, and finds the one that is gone', async () => {
  const shop = await openWorkshop()
  await keepMany(shop)
  const { at, api } = listing()
  const parts = { sql: shop.sql, api, now: shop.now, wake: () => undefined }
  const progress = await Array.fromAsync(reconcile(parts, shop.account, shop.now()))
  expect(progress.at(-1)).toEqual({ done: many, total: many })
  expect((await shop.marks()).map(({ object }) => object)).toEqual(['cus_7'])
  expect(at.held / 2 ** 20).toBeLessThan(6)
})

test('F46 as many customers are verified some at a time, known here or not', async () => {
  const shop = await openWorkshop()
  await keepMany(shop)
  await shop.sql`delete from vouchsafe.stripe_states where customer in ('cus_1', 'cus_12345')`
  const { at, api } = listing()
  let count = 0
  const last: string[] = []
  for await (const customer of allCustomers({ sql: shop.sql, api }, shop.account)) {
    count++
    last.push(customer)
    if (last.length > 2) last.shift()
  }
  expect(count).toBe(many)
  expect(last).toEqual(['cus_12345', 'cus_1'])
  expect(at.held / 2 ** 20).toBeLessThan(6)
})
