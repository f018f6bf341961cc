import fc from 'fast-check'
import type { Lifecycle, Mapping, Rules } from '#stripe/rules.ts'
import type { Checkout, CustomerState, Invoice, Item, Schedule, Subscription } from '#stripe/state.ts'
import { oneIn } from '#test/one-in.ts'
import { began, day } from './states.ts'

const prices = ['p1', 'p2', 'p3', 'p4'] as const
const statuses = [
  'active',
  'active',
  'trialing',
  'past_due',
  'canceled',
  'unpaid',
  'incomplete',
  'incomplete_expired',
  'paused',
  'novel',
]
const time = fc.integer({ min: 0, max: 12 }).map((n) => began + n * 5 * day)
const maybe = <T>(it: fc.Arbitrary<T>) => fc.option(it, { nil: undefined })
const without = <T extends object>(it: T) =>
  Object.fromEntries(Object.entries(it).filter(([, value]) => value !== undefined)) as never

const sold = fc
  .record({ price: fc.constantFrom(...prices), quantity: maybe(fc.integer({ min: 0, max: 9 })) })
  .map(({ price, quantity }) => ({
    price,
    product: `prod_${price}`,
    ...(quantity !== undefined && { quantity }),
  }))

const anyItem = (subscription: string, n: number): fc.Arbitrary<Item> =>
  fc
    .record({ sold, created: time, period_end: maybe(time) })
    .map(({ sold: { price, ...rest }, ...more }) =>
      without({ id: `si_${subscription}_${n}`, price, ...rest, ...more }),
    )

export const anySubscription = (id: string): fc.Arbitrary<Subscription> =>
  fc
    .record({
      id: fc.constant(id),
      status: fc.constantFrom(...statuses),
      created: time,
      started: time,
      items: fc.tuple(anyItem(id, 1), anyItem(id, 2)).map(([a, b]) => (a.price === b.price ? [a] : [a, b])),
      trial_start: maybe(time),
      trial_end: maybe(time),
      cancel_at: maybe(time),
      cancel_at_period_end: fc.boolean(),
      ended_at: maybe(time),
      paused: fc.boolean(),
      unpaid_since: maybe(time),
      named: oneIn(5, fc.constantFrom('docs', 'api', 'nothing')),
    })
    .map((it) => without(it))

const anySchedule = (id: string): fc.Arbitrary<Schedule> =>
  fc
    .record({
      id: fc.constant(id),
      status: fc.constantFrom('active', 'not_started', 'canceled'),
      subscription: maybe(fc.constantFrom('sub_1', 'sub_2')),
      current_end: maybe(time),
      phases: fc.array(
        fc
          .record({ starts_at: time, items: fc.array(sold, { maxLength: 2 }) })
          .map(({ starts_at, items }) => ({ starts_at, ends_at: starts_at + 10 * day, items })),
        { maxLength: 3 },
      ),
    })
    .map((it) => without(it))

const anyCheckout = (id: string): fc.Arbitrary<Checkout> =>
  fc.record({
    id: fc.constant(id),
    mode: fc.constantFrom('payment', 'subscription'),
    created: time,
    paid: fc.boolean(),
    lines: fc.array(sold, { maxLength: 2 }),
    refunded: fc.constantFrom('none', 'partly', 'fully'),
    disputed: fc.constantFrom('none', 'open', 'lost'),
  })

const anyInvoice = (id: string): fc.Arbitrary<Invoice> =>
  fc.record({
    id: fc.constant(id),
    paid_at: time,
    lines: fc.array(sold, { maxLength: 2 }),
    refunded: fc.constantFrom('none', 'partly', 'fully'),
    disputed: fc.constantFrom('none', 'open', 'lost'),
  })

const some = <T>(ids: readonly string[], make: (id: string) => fc.Arbitrary<T>) =>
  fc.subarray([...ids]).chain((chosen) => fc.tuple(...chosen.map(make)))

export const anyState: fc.Arbitrary<CustomerState> = fc.record({
  customer: fc.constant('cus_1'),
  deleted: oneIn(15, fc.constant(true), false),
  subscriptions: some(['sub_1', 'sub_2', 'sub_3'], anySubscription),
  schedules: some(['sub_sched_1', 'sub_sched_2'], anySchedule),
  checkouts: some(['cs_1', 'cs_2'], anyCheckout),
  invoices: some(['in_1', 'in_2'], anyInvoice),
  features: fc.subarray(['f1', 'f2']),
})

/** What the ids of targets are, and the key of the entitlements by their ids. */
export type Targets = Readonly<Record<'pro' | 'team' | 'free' | 'app' | 'docs' | 'api', string>>

/** `p4` is mapped to nothing. */
export function mappingsOf({ pro, team, app, docs, api }: Targets, pool: boolean): readonly Mapping[] {
  return [
    {
      match: 'price',
      external_id: 'p1',
      plan_version_id: pro,
      plan_id: 'pro',
      trial_group: 'pro',
      quantity: 'ignored',
    },
    {
      match: 'price',
      external_id: 'p2',
      plan_version_id: team,
      plan_id: 'team',
      trial_group: 'team',
      quantity: 'ignored',
    },
    ...(pool
      ? [
          {
            match: 'price',
            external_id: 'p2',
            plan_version_id: pro,
            plan_id: 'pro',
            trial_group: 'pro',
            quantity: 'seats',
            pool: 'seats',
          } as const,
        ]
      : []),
    { match: 'product', external_id: 'prod_p2', product_id: app, quantity: 'ignored' },
    { match: 'price', external_id: 'p3', entitlement_id: docs, entitlement_key: 'docs', quantity: 'ignored' },
    { match: 'price', external_id: 'p3', entitlement_id: api, entitlement_key: 'api', quantity: 'value' },
    {
      match: 'product',
      external_id: 'prod_p3',
      entitlement_id: api,
      entitlement_key: 'api',
      quantity: 'value',
    },
    {
      match: 'feature',
      external_id: 'f1',
      entitlement_id: docs,
      entitlement_key: 'docs',
      quantity: 'ignored',
    },
  ]
}

export const anyLifecycle: fc.Arbitrary<Lifecycle> = fc.record({
  on_cancel: fc.constantFrom('revoke', 'downgrade', 'read_only'),
  downgrade_to: fc.constant('free'),
  read_only_days: fc.constantFrom(10, 30),
  on_pause: fc.constantFrom('keep', 'suspend'),
  on_partial_refund: fc.constantFrom('keep', 'revoke'),
  on_dispute: fc.constantFrom('keep', 'suspend'),
})

const targets: Targets = { pro: 'pro', team: 'team', free: 'free', app: 'app', docs: 'docs', api: 'api' }

export const anyRules: fc.Arbitrary<Rules> = fc
  .record({
    all: anyLifecycle,
    pro: anyLifecycle,
    trials_had: oneIn(4, fc.constant(['team']), []),
    organization: fc.boolean(),
  })
  .map(({ all, pro, trials_had, organization }) => ({
    mappings: mappingsOf(targets, true),
    lifecycles: [all, { ...pro, plan_id: 'pro' }],
    trials_had,
    organization,
  }))
