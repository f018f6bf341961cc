import { describe, expect, test } from 'vitest'
import { project } from '#stripe/project.ts'
import type { Lifecycle } from '#stripe/rules.ts'
import type { CustomerState, Invoice, Subscription } from '#stripe/state.ts'
import { began, checkout, day, item, mapping, rules, schedule, state, subscription } from './states.ts'

const pro = mapping('pro', { plan_version_id: 'pro@1', plan_id: 'pro', trial_group: 'pro' })
const basic = mapping('basic', { product_id: 'app' })
const known = rules({ mappings: [pro, basic] })
const usual: Lifecycle = {
  on_cancel: 'revoke',
  on_pause: 'keep',
  on_partial_refund: 'keep',
  on_dispute: 'suspend',
}
const withLifecycle = (more: Partial<Lifecycle>) =>
  rules({ mappings: [pro, basic], lifecycles: [{ ...usual, ...more }] })

const of = (...subscriptions: Subscription[]) => state({ subscriptions })
const given = (it: CustomerState, by = known) =>
  project(it, by).grants.map(
    (grant) =>
      `${grant.plan_version_id ?? grant.product_id ?? grant.entitlement_id} ${grant.source_ref} ${grant.access}`,
  )
const alerts = (it: CustomerState, by = known) =>
  project(it, by).alerts.map(({ code, about }) => `${code} ${about}`)

describe('S001-44 a subscription’s status says whether it gives', () => {
  test.each([
    ['active', true],
    ['trialing', true],
    ['past_due', true],
    ['unpaid', false],
    ['incomplete', false],
    ['incomplete_expired', false],
    ['paused', false],
    ['canceled', false],
  ])('%s: %s', (status, gives) => {
    const one = of(subscription('sub_1', status, { ended_at: began + day }))
    expect(given(one)).toEqual(gives ? ['pro@1 si_sub_1 full'] : [])
    expect(alerts(one)).toEqual([])
  })

  test.each(['novel', 'constructor', ''])(
    'a status that nobody knows (%j) gives nothing, and is told',
    (status) => {
      expect(given(of(subscription('sub_1', status)))).toEqual([])
      expect(alerts(of(subscription('sub_1', status)))).toEqual(['STATUS_UNKNOWN sub_1'])
    },
  )
})

test('C-2 what is past due says since when, and if nobody knows, since ever', () => {
  const due = (more: Partial<Subscription>) =>
    project(of(subscription('sub_1', 'past_due', more)), known).grants[0]?.past_due_at
  expect(due({ unpaid_since: began + 5 * day })).toBe(began + 5 * day)
  expect(due({})).toBe(began)
  expect(
    project(of(subscription('sub_1', 'active', { unpaid_since: began })), known).grants[0],
  ).not.toHaveProperty('past_due_at')
})

test('what renews has no end; what is to be cancelled ends then, or with its period', () => {
  const end = (more: Partial<Subscription>) =>
    project(of(subscription('sub_1', 'active', more)), known).grants[0]?.ends_at
  expect(end({})).toBeUndefined()
  expect(end({ cancel_at_period_end: true })).toBe(began + 30 * day)
  expect(end({ cancel_at: began + 3 * day, cancel_at_period_end: true })).toBe(began + 3 * day)
})

test('a window that is empty is none', () => {
  expect(given(of(subscription('sub_1', 'active', { cancel_at: began })))).toEqual([])
})

describe('prices', () => {
  test('each mapping gives: by price, by lookup key, by product', () => {
    const by = rules({
      mappings: [
        mapping('p', { entitlement_id: 'price' }),
        mapping('key', { match: 'lookup_key', entitlement_id: 'lookup' }),
        mapping('prod_p', { match: 'product', entitlement_id: 'product' }),
        mapping('p', { match: 'feature', entitlement_id: 'feature' }),
      ],
    })
    const items = [item('p', { id: 'si_1', lookup_key: 'key' })]
    expect(given(of(subscription('sub_1', 'active', { items })), by)).toEqual([
      'lookup si_1 full',
      'price si_1 full',
      'product si_1 full',
    ])
  })

  test('what is not mapped gives nothing, whatever it costs, and is told', () => {
    const items = [item('free', { id: 'si_1' }), item('pro', { id: 'si_2' })]
    const one = of(subscription('sub_1', 'active', { items }))
    expect(given(one)).toEqual(['pro@1 si_2 full'])
    expect(alerts(one)).toEqual(['PRICE_UNMAPPED free'])
  })

  test('what was bought no time gives nothing; what says no number, as what is metered, was bought', () => {
    const by = rules({ mappings: [pro, mapping('pro', { entitlement_id: 'calls', quantity: 'value' })] })
    const { quantity: _, ...metered } = item('pro', { id: 'si_1' })
    const none = { ...metered, quantity: 0 }
    expect(project(of(subscription('sub_1', 'active', { items: [none] })), by)).toEqual({
      grants: [],
      alerts: [],
    })
    expect(given(of(subscription('sub_1', 'active', { items: [metered] })), by)).toContain('pro@1 si_1 full')
    const ended = subscription('sub_1', 'canceled', { items: [none], ended_at: began + day })
    expect(given(of(ended), withLifecycle({ on_cancel: 'read_only', read_only_days: 9 }))).toEqual([])
    // Seats have a number of their own: of none nobody sits, and the pool stays.
    const seats = mapping('pro', { plan_version_id: 'team@1', quantity: 'seats', pool: 'team' })
    const pool = rules({ mappings: [seats], organization: true })
    expect(project(of(subscription('sub_1', 'active', { items: [none] })), pool).grants).toMatchObject([
      { pool: 'team', quantity: 0 },
    ])
  })

  test('two mappings of one thing sold to one target are one right', () => {
    const by = rules({
      mappings: [
        mapping('p', { entitlement_id: 'calls', quantity: 'value' }),
        mapping('prod_p', { match: 'product', entitlement_id: 'calls', quantity: 'value' }),
      ],
    })
    const items = [item('p', { id: 'si_1', quantity: 7 })]
    expect(project(of(subscription('sub_1', 'active', { items })), by).grants).toMatchObject([{ value: 7 }])
  })
})

describe('seats', () => {
  const seats = mapping('pro', { plan_version_id: 'team@1', quantity: 'seats', pool: 'team' })
  const items = [item('pro', { id: 'si_1', quantity: 5 })]
  const one = of(subscription('sub_1', 'active', { items }))

  test('S003-16 the number bought is the seats of an organization’s pool', () => {
    const by = rules({ mappings: [seats], organization: true })
    expect(project(one, by).grants).toMatchObject([{ pool: 'team', quantity: 5 }])
  })

  test('a number that follows the seats bounds nothing', () => {
    const by = rules({ mappings: [{ ...seats, quantity: 'follows_seats' }], organization: true })
    expect(project(one, by).grants).toMatchObject([{ pool: 'team' }])
    expect(project(one, by).grants[0]).not.toHaveProperty('quantity')
  })

  test('a person has no seats, and that is told', () => {
    expect(given(one, rules({ mappings: [seats] }))).toEqual([])
    expect(alerts(one, rules({ mappings: [seats] }))).toEqual(['SEATS_NEED_ORGANIZATION pro'])
  })

  test('a price without a number buys no seats', () => {
    const { quantity: _, ...metered } = item('pro', { id: 'si_1' })
    const by = rules({ mappings: [seats], organization: true })
    expect(project(of(subscription('sub_1', 'active', { items: [metered] })), by).grants).toMatchObject([
      { quantity: 0 },
    ])
  })

  test('a module’s rights go to whom it gives rights', () => {
    const by = rules({ mappings: [{ ...pro, module: 'learn', holder: 'organization' }] })
    expect(given(one, by)).toEqual([])
    expect(alerts(one, by)).toEqual(['HOLDER_UNFIT pro'])
    expect(given(one, { ...by, organization: true })).toEqual(['pro@1 si_1 full'])
  })
})

describe('trials', () => {
  const trial = (id: string, start: number, more: Partial<Subscription> = {}) =>
    subscription(id, 'trialing', { trial_start: start, trial_end: start + 14 * day, ...more })

  test('one is given, and used', () => {
    expect(project(of(trial('sub_1', began)), known).grants).toMatchObject([{ trial_group: 'pro' }])
  })

  test('the second of a group gives nothing until it is paid', () => {
    const first = trial('sub_1', began, { status: 'canceled', ended_at: began + day })
    const again = trial('sub_2', began + 20 * day)
    expect(given(of(first, again))).toEqual([])
    expect(alerts(of(first, again))).toEqual(['TRIAL_REPEATED sub_2'])
    expect(given(of(first, { ...again, status: 'active' }))).toEqual(['pro@1 si_sub_2 full'])
  })

  test('nor while it is past due, if nothing was ever paid for it: no days of grace come of it', () => {
    const first = trial('sub_1', began, { status: 'canceled', ended_at: began + day })
    const due = trial('sub_2', began + 20 * day, { status: 'past_due', never_paid: true })
    expect(given(of(first, due))).toEqual([])
    expect(alerts(of(first, due))).toEqual(['TRIAL_REPEATED sub_2'])
    const { never_paid: _, ...paid } = due
    expect(given(of(first, paid))).toEqual(['pro@1 si_sub_2 full'])
    // The first one has them.
    expect(given(of(due))).toEqual(['pro@1 si_sub_2 full'])
    const { trial_start: __, ...never } = due
    expect(given(of(first, never))).toEqual(['pro@1 si_sub_2 full'])
  })

  test('of two that begin at once one is the first', () => {
    expect(given(of(trial('sub_2', began), trial('sub_1', began)))).toEqual(['pro@1 si_sub_1 full'])
  })

  test('one had elsewhere counts; one that was never completed does not', () => {
    expect(given(of(trial('sub_1', began)), { ...known, trials_had: ['pro'] })).toEqual([])
    const dropped = trial('sub_0', began - day, { status: 'incomplete_expired' })
    expect(given(of(dropped, trial('sub_1', began)))).toEqual(['pro@1 si_sub_1 full'])
  })

  test('a repeated trial leaves nothing to read when it ends', () => {
    const by = withLifecycle({ on_cancel: 'read_only', read_only_days: 30 })
    const ended = (id: string, start: number) =>
      trial(id, start, { status: 'canceled', ended_at: start + 14 * day })
    expect(given(of(ended('sub_1', began), ended('sub_2', began + 20 * day)), by)).toEqual([
      'pro@1 si_sub_1 read_only',
    ])
    // Nor when nobody paid after it, and it took Stripe a while to give up.
    const later = { ...ended('sub_2', began + 20 * day), ended_at: began + 60 * day }
    expect(given(of(ended('sub_1', began), later), by)).toHaveLength(2)
    expect(given(of(ended('sub_1', began), { ...later, never_paid: true }), by)).toEqual([
      'pro@1 si_sub_1 read_only',
    ])
  })
})

describe('S004-31 S004-21 what a cancelled subscription leaves is configuration', () => {
  const ended = subscription('sub_1', 'canceled', { ended_at: began + 10 * day })
  const downgrade = withLifecycle({ on_cancel: 'downgrade', downgrade_to: 'free@1' })

  test('nothing', () => {
    expect(given(of(ended))).toEqual([])
  })

  test('a free plan, once and without end, while nothing else is subscribed to', () => {
    expect(project(of(ended), downgrade).grants).toMatchObject([
      { plan_version_id: 'free@1', source_ref: 'sub_1', starts_at: began + 10 * day },
    ])
    expect(project(of(ended), downgrade).grants[0]).not.toHaveProperty('ends_at')
    const later = subscription('sub_2', 'canceled', { ended_at: began + 20 * day })
    expect(given(of(ended, later), downgrade)).toEqual(['free@1 sub_2 full'])
    expect(given(of(ended, subscription('sub_3', 'active')), downgrade)).toEqual(['pro@1 si_sub_3 full'])
    expect(given(of(ended, subscription('sub_3', 'unpaid')), downgrade)).toEqual(['free@1 sub_1 full'])
  })

  test('what gives nothing does not stand in the way of what is free', () => {
    const never = subscription('sub_2', 'active', { cancel_at: began })
    expect(given(of(ended, never), downgrade)).toEqual(['free@1 sub_1 full'])
  })

  test('to read for some days', () => {
    const by = withLifecycle({ on_cancel: 'read_only', read_only_days: 30 })
    expect(project(of(ended), by).grants).toMatchObject([
      {
        plan_version_id: 'pro@1',
        access: 'read_only',
        starts_at: began + 10 * day,
        ends_at: began + 40 * day,
      },
    ])
  })

  test('a plan’s own rule goes before the one for all', () => {
    const all: Lifecycle = { ...usual, on_cancel: 'downgrade', downgrade_to: 'free@1' }
    const own: Lifecycle = { ...usual, plan_id: 'pro' }
    expect(given(of(ended), { ...known, lifecycles: [all, own] })).toEqual([])
    expect(given(of(ended), { ...known, lifecycles: [all, { ...own, plan_id: 'other' }] })).toEqual([
      'free@1 sub_1 full',
    ])
  })
})

test('S001-46 an old subscription that ends takes nothing from another', () => {
  const old = subscription('sub_1', 'canceled', { ended_at: began })
  expect(given(of(old, subscription('sub_2', 'active')))).toEqual(['pro@1 si_sub_2 full'])
})

test('a paused collection goes by the lifecycle', () => {
  const paused = of(subscription('sub_1', 'active', { paused: true }))
  expect(given(paused)).toEqual(['pro@1 si_sub_1 full'])
  expect(given(paused, withLifecycle({ on_pause: 'suspend' }))).toEqual([])
})

describe('S004-31 S004-21 a subscription whose payment is disputed goes by the lifecycle', () => {
  const disputed = (disputed: 'open' | 'lost') => of(subscription('sub_1', 'active', { disputed }))

  test('while it is open it is suspended, unless the rule keeps it', () => {
    expect(given(disputed('open'))).toEqual([])
    expect(given(disputed('open'), withLifecycle({ on_dispute: 'keep' }))).toEqual(['pro@1 si_sub_1 full'])
    const own = [{ ...usual, on_dispute: 'keep' as const, plan_id: 'pro' }, usual]
    expect(given(disputed('open'), { ...known, lifecycles: own })).toEqual(['pro@1 si_sub_1 full'])
  })

  test('what was lost gives nothing by any rule', () => {
    expect(given(disputed('lost'), withLifecycle({ on_dispute: 'keep' }))).toEqual([])
  })

  test('S001-46 of two only the one it is about, and not what it is to become', () => {
    const other = subscription('sub_2', 'active')
    expect(given(of(...disputed('open').subscriptions, other))).toEqual(['pro@1 si_sub_2 full'])
    const phases = [{ starts_at: began + day, ends_at: began + 9 * day, items: [item('pro')] }]
    const next = schedule('sub_sched_1', { phases, subscription: 'sub_1', current_end: began + day })
    expect(given({ ...disputed('open'), schedules: [next] })).toEqual([])
  })
})

describe('schedules', () => {
  const phases = [
    { starts_at: began, ends_at: began + 10 * day, items: [item('pro')] },
    { starts_at: began + 10 * day, ends_at: began + 20 * day, items: [item('basic')] },
  ]
  const of = (more: Parameters<typeof schedule>[1], ...subscriptions: Subscription[]) =>
    state({ schedules: [schedule('sub_sched_1', { phases, ...more })], subscriptions })
  const running = { subscription: 'sub_1', current_end: began + 10 * day }

  test('a phase that comes is a right that begins then, and ends with it', () => {
    expect(project(of({ status: 'not_started' }), known).grants).toMatchObject([
      { plan_version_id: 'pro@1', source_ref: 'sub_sched_1:1', starts_at: began, ends_at: began + 10 * day },
      {
        product_id: 'app',
        source_ref: 'sub_sched_1:2',
        starts_at: began + 10 * day,
        ends_at: began + 20 * day,
      },
    ])
  })

  test('the phase that runs is the subscription’s own', () => {
    expect(given(of(running, subscription('sub_1', 'active')))).toEqual([
      'pro@1 si_sub_1 full',
      'app sub_sched_1:2 full',
    ])
  })

  test.each(['canceled', 'released', 'aborted', 'completed'])('one that is %s gives nothing', (status) => {
    expect(given(of({ status }))).toEqual([])
  })

  test('nor one whose subscription does not stand', () => {
    expect(given(of(running, subscription('sub_1', 'unpaid')))).toEqual([])
    expect(given(of(running))).toEqual([])
  })
})

describe('purchases', () => {
  test('what is mapped and paid once in the checkout of a subscription gives nothing, and that is told', () => {
    const known = rules({ mappings: [mapping('course', { product_id: 'course' })] })
    const bought = (price: string, more: Parameters<typeof checkout>[1] = {}) =>
      project(
        state({ checkouts: [checkout('cs_1', { mode: 'subscription', lines: [item(price)], ...more })] }),
        known,
      )
    expect(bought('course')).toEqual({
      grants: [],
      alerts: [{ code: 'ONCE_IN_SUBSCRIPTION', about: 'cs_1' }],
    })
    // A fee stands for no right.
    expect(bought('fee')).toEqual({ grants: [], alerts: [] })
    expect(bought('course', { paid: false })).toEqual({ grants: [], alerts: [] })
  })

  const bought = (more: Parameters<typeof checkout>[1] = {}) =>
    state({ checkouts: [checkout('cs_1', { lines: [item('basic')], ...more })] })

  test('S004-11 what is billed once and paid is no other than what is bought in a checkout', () => {
    const billed = (more: Partial<Invoice> = {}) =>
      state({
        invoices: [
          { id: 'in_1', paid_at: began, lines: [item('basic')], refunded: 'none', disputed: 'none', ...more },
        ],
      })
    expect(project(billed(), known).grants).toMatchObject([
      {
        product_id: 'app',
        source: 'purchase',
        source_ref: 'in_1',
        starts_at: began,
        reason: 'invoice in_1 is paid',
      },
    ])
    expect(given(billed({ refunded: 'fully' }))).toEqual([])
    expect(given(billed({ refunded: 'partly' }))).toEqual(['app in_1 full'])
    expect(given(billed({ refunded: 'partly' }), withLifecycle({ on_partial_refund: 'revoke' }))).toEqual([])
    expect(given(billed({ disputed: 'open' }))).toEqual([])
    expect(given(billed({ disputed: 'lost' }))).toEqual([])
    expect(project(billed({ lines: [item('fee')] }), known)).toEqual({
      grants: [],
      alerts: [{ code: 'PRICE_UNMAPPED', about: 'fee' }],
    })
  })

  test('S004-11 what is paid once is for good', () => {
    expect(project(bought(), known).grants).toEqual([
      {
        product_id: 'app',
        access: 'full',
        source: 'purchase',
        source_ref: 'cs_1',
        starts_at: began,
        reason: 'checkout cs_1 is paid',
      },
    ])
  })

  test.each([
    ['not paid yet', { paid: false }],
    ['a subscription’s', { mode: 'subscription' }],
    ['for a card alone', { mode: 'setup' }],
    ['paid back', { refunded: 'fully' }],
    ['disputed', { disputed: 'open' }],
    ['lost', { disputed: 'lost' }],
  ] as const)('%s gives nothing', (_what, more) => {
    expect(given(bought(more))).toEqual([])
  })

  test('a part paid back and a dispute go by the lifecycle', () => {
    expect(given(bought({ refunded: 'partly' }))).toEqual(['app cs_1 full'])
    expect(given(bought({ refunded: 'partly' }), withLifecycle({ on_partial_refund: 'revoke' }))).toEqual([])
    expect(given(bought({ disputed: 'open' }), withLifecycle({ on_dispute: 'keep' }))).toEqual([
      'app cs_1 full',
    ])
    expect(given(bought({ disputed: 'lost' }), withLifecycle({ on_dispute: 'keep' }))).toEqual([])
  })

  test('what is bought twice in one go adds up', () => {
    const by = rules({ mappings: [mapping('p', { entitlement_id: 'credits', quantity: 'value' })] })
    const lines = [item('p', { quantity: 100 }), item('p', { quantity: 50 })]
    expect(project(bought({ lines }), by).grants).toMatchObject([{ value: 150 }])
  })
})

describe('features', () => {
  const by = rules({ mappings: [mapping('sso', { match: 'feature', entitlement_id: 'sso' })] })
  const of = (...subscriptions: Subscription[]) => state({ subscriptions, features: ['sso', 'other'] })

  test('what Stripe calls active is given while a subscription stands, and as long', () => {
    expect(given(of(subscription('sub_1', 'active')), by)).toEqual(['sso feature:cus_1:sso full'])
    expect(alerts(of(subscription('sub_1', 'active')), by)).toEqual([])
    const ending = subscription('sub_1', 'active', { cancel_at_period_end: true })
    expect(project(of(ending), by).grants).toMatchObject([{ ends_at: began + 30 * day }])
    expect(project(of(ending, subscription('sub_2', 'active')), by).grants[0]).not.toHaveProperty('ends_at')
    const due = subscription('sub_1', 'past_due', { unpaid_since: began + day })
    expect(project(of(due), by).grants).toMatchObject([{ past_due_at: began + day }])
  })

  test('a trial that ended without a card gives none, though Stripe goes on naming them', () => {
    expect(given(of(subscription('sub_1', 'paused')), by)).toEqual([])
    expect(given(of(), by)).toEqual([])
  })

  describe('S004-4 a trial that is had again gives no feature until it is paid', () => {
    const trial = (id: string, start: number, price: string) =>
      subscription(id, 'trialing', {
        ...{ trial_start: start, trial_end: start + 14 * day },
        items: [item(price, { id: `si_${id}` })],
      })
    const ended = (id: string, price: string) => ({
      ...trial(id, began, price),
      ...{ status: 'canceled', ended_at: began + day },
    })
    const again = trial('sub_2', began + 20 * day, 'pro')
    const both = rules({ mappings: [pro, ...by.mappings] })

    test('of a price that is mapped to a plan', () => {
      expect(given(of(ended('sub_1', 'pro'), again), both)).toEqual([])
      expect(alerts(of(ended('sub_1', 'pro'), again), both)).toEqual(['TRIAL_REPEATED sub_2'])
      expect(given(of(ended('sub_1', 'pro'), { ...again, status: 'active' }), both)).toContain(
        'sso feature:cus_1:sso full',
      )
    })

    const offers = (sso: string) => [
      { product: sso, features: ['sso'] },
      { product: sso === 'prod_pro' ? 'prod_other' : 'prod_pro', features: ['more'] },
    ]
    test('nor does what is paid beside it, if that does not sell it', () => {
      const paid = subscription('sub_3', 'active', { items: [item('other', { id: 'si_sub_3' })] })
      const it = of(ended('sub_1', 'pro'), again, paid)
      expect(given({ ...it, offers: offers('prod_pro') }, both)).toEqual([])
      for (const known of [{ offers: offers('prod_other') }, { offers: [] }, {}])
        expect(given({ ...it, ...known }, both)).toEqual(['sso feature:cus_1:sso full'])
    })

    test('of a plan that only the feature is mapped to: by its product, or had elsewhere', () => {
      const plan = mapping('sso', {
        match: 'feature',
        plan_version_id: 'pro@1',
        plan_id: 'pro',
        trial_group: 'pro',
      })
      const only = rules({ mappings: [plan] })
      expect(project(of(again), only).grants).toMatchObject([{ trial_group: 'pro' }])
      expect(given(of(ended('sub_1', 'pro'), again), only)).toEqual([])
      expect(alerts(of(ended('sub_1', 'pro'), again), only)).toContain('TRIAL_REPEATED sub_2')
      expect(given(of(ended('sub_1', 'other'), again), only)).toHaveLength(1)
      expect(given(of(again), { ...only, trials_had: ['pro'] })).toEqual([])
      const active = subscription('sub_3', 'active')
      expect(project(of(again, active), only).grants[0]).not.toHaveProperty('trial_group')
    })
  })

  test('C-2 a feature of what is past due is, though something else is paid', () => {
    const due = subscription('sub_1', 'past_due', { unpaid_since: began + day })
    const paid = subscription('sub_2', 'active', { items: [item('other', { id: 'si_sub_2' })] })
    const offers = [
      { product: 'prod_pro', features: ['sso'] },
      { product: 'prod_other', features: [] },
    ]
    expect(project({ ...of(due, paid), offers }, by).grants).toMatchObject([{ past_due_at: began + day }])
  })

  test('S004-31 a feature goes by its own rule where nothing else of the subscription is mapped', () => {
    const suspending = { ...by, lifecycles: [{ ...usual, on_pause: 'suspend' as const }] }
    const paused = of(subscription('sub_1', 'active', { paused: true }))
    expect(given(paused, by)).toHaveLength(1)
    expect(given(paused, suspending)).toEqual([])
    expect(given(of(subscription('sub_1', 'active', { disputed: 'lost' })), by)).toEqual([])
  })
})

describe('S002-43 what a checkout’s metadata names', () => {
  const by = rules({
    mappings: [
      mapping('any', { entitlement_id: 'e1', entitlement_key: 'docs' }),
      mapping('any', { entitlement_id: 'e2', entitlement_key: 'api' }),
      mapping('any', { product_id: 'app' }),
    ],
  })
  const items = [item('any', { id: 'si_1' })]
  const named = (name: string) => {
    const through = checkout('cs_1', { mode: 'subscription', subscription: 'sub_1', named: name })
    return state({ subscriptions: [subscription('sub_1', 'active', { items })], checkouts: [through] })
  }

  test('is given alone of the entitlements, also later', () => {
    expect(given(named('api'), by)).toEqual(['app si_1 full', 'e2 si_1 full'])
    expect(given(of(subscription('sub_1', 'active', { items, named: 'docs' })), by)).toEqual([
      'app si_1 full',
      'e1 si_1 full',
    ])
  })

  test('is nothing that the price map does not allow', () => {
    expect(given(named('enterprise'), by)).toEqual([])
    expect(alerts(named('enterprise'), by)).toEqual(['ENTITLEMENT_NOT_MAPPED sub_1'])
    const once = checkout('cs_2', { lines: items, named: 'enterprise' })
    expect(given(state({ checkouts: [once] }), by)).toEqual([])
  })
})

test('a deleted customer has nothing', () => {
  expect(project({ ...of(subscription('sub_1', 'active')), deleted: true }, known)).toEqual({
    grants: [],
    alerts: [],
  })
})
