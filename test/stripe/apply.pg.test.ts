import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { eraseSubject } from '#admin/erase-subject.ts'
import { revokeByReference } from '#admin/revoke-by-reference.ts'
import { revokeInside } from '#admin/revoke-entitlement.ts'
import { updateGrant } from '#admin/update-grant.ts'
import { AppError } from '#core/errors.ts'
import { remap } from '#stripe/remap.ts'
import type { Subscription } from '#stripe/state.ts'
import { type FreshDatabase, freshDatabase } from '#test/postgres/database.ts'
import { openShop, type Shop } from './shop.ts'
import { began, checkout, day, item, mapping, state, subscription } from './states.ts'

let database: FreshDatabase
let shop: Shop
beforeAll(async () => {
  database = await freshDatabase()
})
beforeEach(async () => {
  shop = await openShop(database.sql)
  const { pro, app, docs } = shop.targets
  await shop.map(
    mapping('pro', { plan_version_id: pro }),
    mapping('app', { product_id: app }),
    mapping('docs', { entitlement_id: docs }),
  )
  await shop.bind('cus_1', { subject_id: shop.person })
})
afterAll(() => database.drop())

const with_ = (...subscriptions: Subscription[]) => state({ subscriptions })
const items = (...prices: string[]) => prices.map((price) => item(price))
const sub = (status: string, more: Partial<Subscription> = {}) => subscription('sub_1', status, more)
const has = () => shop.has(shop.person)

const lastChange = async () => {
  const { result } = await shop.write(
    (tx) => tx<{ action: string; actor: string; cause: string | null; revision: number }[]>`
      select action, actor, cause, revision from vouchsafe.change where tenant_id = ${shop.tenant} order by revision desc limit 1`,
  )
  return result[0]
}

test('S001-30 S004-10 a subscription gives what its prices are mapped to', async () => {
  const applied = await shop.apply(with_(sub('active', { items: items('app', 'docs') })))
  expect(applied).toMatchObject({ bound: true, granted: 2, updated: 0, ended: 0, alerts: [], changed: true })
  expect(await shop.rows(shop.person)).toEqual([
    { gives: 'app', ref: 'si_app', source: 'stripe', granted_by: 'stripe', from: 0 },
    { gives: 'docs', ref: 'si_docs', source: 'stripe', granted_by: 'stripe', from: 0 },
  ])
})

test('S004-22 S001-43 what is given says what it came of, and which event led to it', async () => {
  await shop.apply(with_(sub('active')), shop.account, 'evt_7')
  expect(await lastChange()).toMatchObject({
    action: 'StripeCustomerSynced',
    actor: 'stripe',
    cause: 'evt_7',
  })
  expect(await shop.rows(shop.person)).toMatchObject([
    { source: 'stripe', ref: 'si_sub_1', granted_by: 'stripe' },
  ])
})

test('the same again is no change, and no line of the audit', async () => {
  const it = with_(sub('past_due', { unpaid_since: began + day, cancel_at: began + 100 * day }))
  await shop.apply(it)
  const before = await lastChange()
  shop.at(41)
  expect(await shop.apply(it)).toMatchObject({ granted: 0, updated: 0, ended: 0, changed: false })
  expect(await lastChange()).toEqual(before)
})

test('S001-31 a price that is added gives, one that is removed takes', async () => {
  await shop.apply(with_(sub('active', { items: items('app') })))
  await shop.apply(with_(sub('active', { items: items('app', 'docs') })))
  expect(await has()).toEqual(['app si_app', 'docs si_docs'])
  expect(await shop.apply(with_(sub('active', { items: items('docs') })))).toMatchObject({
    ended: 1,
    granted: 0,
  })
  expect(await has()).toEqual(['docs si_docs'])
})

test('S001-32 S004-13 a subscription that is cancelled or gone takes all of its own', async () => {
  await shop.apply(with_(sub('active')))
  await shop.apply(with_(sub('canceled', { ended_at: shop.now })))
  expect(await has()).toEqual([])
  await shop.apply(with_(sub('active')))
  await shop.apply(with_())
  expect(await has()).toEqual([])
  await shop.apply(with_(sub('active')))
  await shop.apply({ ...with_(), deleted: true })
  expect(await has()).toEqual([])
})

test.each(['active', 'trialing', 'past_due'])('S001-44 S002-41 %s keeps what was given', async (status) => {
  await shop.apply(with_(sub('active')))
  await shop.apply(with_(sub(status)))
  expect(await has()).toEqual(['pro si_sub_1'])
})

test.each(['unpaid', 'incomplete', 'incomplete_expired', 'paused', 'canceled', 'novel'])(
  'S001-44 S002-41 %s takes it',
  async (status) => {
    await shop.apply(with_(sub('active')))
    await shop.apply(with_(sub(status)))
    expect(await has()).toEqual([])
  },
)

test('what came back begins when it is seen again', async () => {
  await shop.apply(with_(sub('active')))
  await shop.apply(with_(sub('unpaid')))
  shop.at(50)
  await shop.apply(with_(sub('active')))
  expect(await shop.rows(shop.person)).toMatchObject([{ from: 50 }])
})

test('S001-45 C-2 days of grace begin once, and end with the payment', async () => {
  await shop.apply(with_(sub('active')))
  await shop.apply(with_(sub('past_due', { unpaid_since: began + 30 * day })))
  shop.at(45)
  await shop.apply(with_(sub('past_due', { unpaid_since: began + 30 * day })))
  expect(await shop.rows(shop.person, false)).toMatchObject([{ due: 30 }])
  await shop.apply(with_(sub('active')))
  const [row, ...others] = await shop.rows(shop.person, false)
  expect(row).not.toHaveProperty('due')
  expect(others).toEqual([])
})

test('a cancellation at the period’s end changes the end alone, and taking it back too', async () => {
  await shop.apply(with_(sub('active')))
  const ending = sub('active', {
    cancel_at_period_end: true,
    items: [item('pro', { id: 'si_sub_1', period_end: began + 60 * day })],
  })
  expect(await shop.apply(with_(ending))).toMatchObject({ granted: 0, updated: 1, ended: 0 })
  expect(await shop.rows(shop.person, false)).toMatchObject([{ to: 60 }])
  await shop.apply(with_(sub('active')))
  expect((await shop.rows(shop.person, false))[0]).not.toHaveProperty('to')
})

test('what is over is not given at all', async () => {
  await shop.apply(with_(sub('active', { cancel_at: began + 10 * day })))
  expect(await shop.rows(shop.person, false)).toEqual([])
})

test('S001-46 an old subscription that is deleted keeps what the new one gives', async () => {
  const old = sub('active')
  const fresh = subscription('sub_2', 'trialing')
  await shop.apply(with_(old, fresh))
  await shop.apply(with_({ ...old, status: 'canceled', ended_at: shop.now }, fresh))
  expect(await has()).toEqual(['pro si_sub_2'])
})

describe('administrators and Stripe', () => {
  const admin = () => ({ holder: { subject: shop.person }, target: { product: 'app' } })

  test('S001-33 S001-34 each gives the same to the same person, and ends its own', async () => {
    await shop.give(admin())
    const before = await shop.rows(shop.person)
    const bought = with_(sub('active', { items: items('app') }))
    await shop.apply(bought)
    expect(await has()).toEqual(['app ', 'app si_app'])
    for (const status of ['active', 'past_due', 'canceled'])
      await shop.apply(with_(sub(status, { items: [] })))
    expect(await shop.rows(shop.person)).toEqual(before)

    await shop.apply(bought)
    await shop.write((tx) => revokeInside(tx, shop.scope(), admin(), shop.now))
    expect(await has()).toEqual(['app si_app'])
  })

  test('S001-48 what an administrator took does not come back with the next event', async () => {
    await shop.apply(with_(sub('active', { items: items('app') })))
    await shop.write((tx) => revokeInside(tx, shop.scope(), { ...admin(), source: 'any' }, shop.now))
    const denied = await shop.rows(shop.person)
    expect(denied).toMatchObject([{ effect: 'deny', source: 'admin' }, { source: 'stripe' }])
    shop.at(41)
    await shop.apply(with_(sub('past_due', { items: items('app'), unpaid_since: began })))
    await shop.apply(with_(sub('canceled', { items: items('app') })))
    await shop.apply(with_(subscription('sub_2', 'active', { items: [item('app', { id: 'si_2' })] })))
    expect(await shop.rows(shop.person)).toMatchObject([{ effect: 'deny', source: 'admin' }, { ref: 'si_2' }])
    await shop.give(admin())
    expect((await shop.rows(shop.person)).filter(({ effect }) => effect === 'deny')).toEqual([])
  })

  test('a purchase of Stripe’s is withheld, not ended, and its terms are Stripe’s', async () => {
    await shop.apply(state({ checkouts: [checkout('cs_1', { lines: items('app') })] }))
    const id = await idOf('cs_1')
    const change = { grant: id, fields: ['reason'], terms: { reason: 'mine' } }
    const scope = { ...shop.scope(), pageTokens: undefined as never, whoHas: undefined as never }
    await expect(shop.write((tx) => updateGrant(tx, scope, change))).rejects.toThrow(AppError)
    await shop.write((tx) => revokeInside(tx, shop.scope(), { grant_id: id }, shop.now))
    expect(await shop.rows(shop.person)).toMatchObject([
      { effect: 'deny' },
      { ref: 'cs_1', source: 'purchase' },
    ])
  })

  test('what is withheld of Stripe’s does not come up again under its reference', async () => {
    await shop.apply(state({ checkouts: [checkout('cs_1', { lines: items('app') })] }))
    const take = () =>
      shop.write((tx) => {
        const scope = { ...shop.scope(), pageTokens: undefined as never, whoHas: undefined as never }
        return revokeByReference(tx, scope, { source_ref: 'cs_1', holders: [], reason: '' })
      })
    expect((await take()).result).toMatchObject({ count: 1 })
    expect((await take()).result).toMatchObject({ count: 0 })
    expect(await shop.rows(shop.person)).toMatchObject([{ effect: 'deny' }, { ref: 'cs_1' }])
  })

  test('a purchase of an administrator’s is none of Stripe’s', async () => {
    const mine = { ...admin(), source: 'purchase', source_ref: 'invoice 7' } as const
    await shop.give(mine)
    await shop.apply(with_())
    expect(await has()).toEqual(['app invoice 7'])
    await shop.write((tx) => revokeInside(tx, shop.scope(), { ...admin(), source: 'purchase' }, shop.now))
    expect(await has()).toEqual([])
  })
})

const idOf = async (ref: string) => {
  const { result } = await shop.write(
    (tx) =>
      tx<
        { id: string }[]
      >`select id from vouchsafe.grants where tenant_id = ${shop.tenant} and source_ref = ${ref}`,
  )
  return result[0]?.id ?? ''
}

describe('S004-11 purchases', () => {
  const bought = (more: Parameters<typeof checkout>[1] = {}) =>
    state({ checkouts: [checkout('cs_1', { lines: items('app'), ...more })] })

  test('what is paid once is there for good, until all of it is paid back', async () => {
    await shop.apply(bought({ paid: false }))
    expect(await has()).toEqual([])
    await shop.apply(bought())
    expect(await shop.rows(shop.person)).toEqual([
      { gives: 'app', ref: 'cs_1', source: 'purchase', granted_by: 'stripe', from: 0 },
    ])
    expect(await shop.apply(bought({ refunded: 'partly' }))).toMatchObject({ changed: false })
    await shop.apply(bought({ refunded: 'fully' }))
    expect(await has()).toEqual([])
  })

  test('a dispute suspends; won it restores, lost it is over', async () => {
    await shop.apply(bought())
    await shop.apply(bought({ disputed: 'open' }))
    expect(await has()).toEqual([])
    await shop.apply(bought({ disputed: 'none' }))
    expect(await shop.rows(shop.person)).toMatchObject([{ ref: 'cs_1', from: 40 }])
    await shop.apply(bought({ disputed: 'lost' }))
    expect(await has()).toEqual([])
  })
})

describe('S004-13 S004-31 S004-21 lifecycles', () => {
  const ended = () => with_(sub('canceled', { ended_at: began + 35 * day }))
  const usual = { on_pause: 'keep', on_partial_refund: 'keep', on_dispute: 'suspend' } as const

  test('downgrade: the free plan, while nothing else is subscribed to', async () => {
    await shop.lifecycle({ ...usual, on_cancel: 'downgrade', downgrade_to: shop.targets.free })
    await shop.apply(with_(sub('active')))
    await shop.apply(ended())
    expect(await shop.rows(shop.person)).toMatchObject([{ gives: 'free', ref: 'sub_1', from: 35 }])
    await shop.apply(with_(...ended().subscriptions, subscription('sub_2', 'active')))
    expect(await has()).toEqual(['pro si_sub_2'])
  })

  test('to read for some days, and then no more', async () => {
    await shop.lifecycle({ ...usual, on_cancel: 'read_only', read_only_days: 10 })
    await shop.apply(with_(sub('active')))
    await shop.apply(ended())
    expect(await shop.rows(shop.person)).toMatchObject([
      { gives: 'pro', access: 'read_only', from: 35, to: 45 },
    ])
    shop.at(46)
    expect(await shop.apply(ended())).toMatchObject({ changed: false })
    expect(await has()).toEqual([])
  })

  test('S001-33 an administrator’s deny and override stay through all of them', async () => {
    const holder = { subject: shop.person }
    await shop.give({ holder, target: { entitlement: 'api' }, effect: 'override', value: 7 })
    const before = await shop.rows(shop.person)
    for (const status of ['active', 'past_due', 'unpaid', 'canceled']) await shop.apply(with_(sub(status)))
    expect(await shop.rows(shop.person)).toEqual(before)
  })
})

test('a phase that comes begins then; one that is put off ends what began', async () => {
  const at = (starts: number) => [
    { starts_at: began, ends_at: began + 42 * day, items: items('pro') },
    { starts_at: began + starts * day, ends_at: began + 90 * day, items: items('app') },
  ]
  const with2 = (starts: number, more = {}) =>
    state({
      subscriptions: [sub('active')],
      schedules: [
        {
          id: 'sub_sched_1',
          status: 'active',
          subscription: 'sub_1',
          current_end: began + 42 * day,
          phases: at(starts),
          ...more,
        },
      ],
    })
  await shop.apply(with2(42))
  expect(await shop.rows(shop.person)).toMatchObject([
    { ref: 'si_sub_1' },
    { ref: 'sub_sched_1:2', from: 42, to: 90 },
  ])
  await shop.apply(with2(44))
  expect(await shop.rows(shop.person, false)).toMatchObject([{}, { ref: 'sub_sched_1:2', from: 44 }])
  shop.at(50)
  await shop.apply(with2(60))
  expect(await shop.rows(shop.person)).toMatchObject([{}, { ref: 'sub_sched_1:2', from: 60 }])
  await shop.apply(with2(60, { status: 'canceled' }))
  expect(await has()).toEqual(['pro si_sub_1'])
})

test('S002-41 an older state and then the newer gives the newer', async () => {
  const newer = with_(sub('active', { items: items('docs') }))
  await shop.apply(newer)
  await shop.apply(with_(sub('unpaid', { items: items('app') })))
  await shop.apply(newer)
  expect(await has()).toEqual(['docs si_docs'])
})

describe('two customers of one person', () => {
  const second = (more = {}) => ({ ...with_(subscription('sub_2', 'active', more)), customer: 'cus_2' })

  test('each touches its own rows', async () => {
    await shop.bind('cus_2', { subject_id: shop.person })
    await shop.apply(with_(sub('active')))
    await shop.apply(second())
    expect(await has()).toEqual(['pro si_sub_1', 'pro si_sub_2'])
    await shop.apply(with_())
    expect(await has()).toEqual(['pro si_sub_2'])
    await shop.apply({ ...second(), deleted: true })
    expect(await has()).toEqual([])
  })

  test('also of two accounts of the tenant, with a customer of the same name', async () => {
    const other = await shop.account2()
    await shop.bind('cus_1', { subject_id: shop.person }, other)
    await shop.apply(with_(sub('active')))
    await shop.apply({ ...second(), customer: 'cus_1' }, other)
    expect(await has()).toEqual(['pro si_sub_1', 'pro si_sub_2'])
    await shop.apply(with_())
    expect(await has()).toEqual(['pro si_sub_2'])
  })

  test('an account that is connected twice gives once', async () => {
    const other = await shop.account2()
    await shop.bind('cus_1', { subject_id: shop.person }, other)
    await shop.apply(with_(sub('active')))
    await shop.apply(with_(sub('active')), other)
    expect(await has()).toEqual(['pro si_sub_1'])
  })

  test('the same feature is each customer’s own', async () => {
    await shop.map(mapping('sso', { match: 'feature', entitlement_id: shop.targets.docs }))
    await shop.bind('cus_2', { subject_id: shop.person })
    const features = ['sso']
    await shop.apply({ ...with_(sub('active', { items: [] })), features })
    await shop.apply({ ...second({ items: [] }), features })
    expect(await has()).toEqual(['docs feature:cus_1:sso', 'docs feature:cus_2:sso'])
  })
})

test('what was imported of this subscription before is taken over', async () => {
  const holder = { subject: shop.person }
  const imported = { holder, target: { plan: 'pro' }, source: 'stripe', starts_at: began } as const
  await shop.give({ ...imported, source_ref: 'si_sub_1' })
  await shop.give({ ...imported, source_ref: 'sub_1' })
  await shop.give({ ...imported, source_ref: 'sub_of_another' })
  await shop.give({ holder, target: { entitlement: 'docs' }, source: 'contract', source_ref: 'sub_1' })
  expect(await shop.apply(with_(sub('active')))).toMatchObject({ granted: 0, ended: 1 })
  expect(await has()).toEqual(['docs sub_1', 'pro si_sub_1', 'pro sub_of_another'])
  await shop.apply(with_())
  expect(await has()).toEqual(['docs sub_1', 'pro sub_of_another'])
})

test('who is erased gets nothing more, and what was kept that may name them goes', async () => {
  const named = {
    ...with_(sub('active')),
    checkouts: [checkout('cs_1', { reference: `sub_${shop.person}` })],
  }
  const kept = async () =>
    (await shop.write((tx) => tx`select from vouchsafe.stripe_states where tenant_id = ${shop.tenant}`))
      .result.length
  await shop.apply(named)
  expect(await kept()).toBe(1)
  const scope = { ...shop.scope(), pageTokens: undefined as never, whoHas: undefined as never }
  await shop.write((tx) => eraseSubject(tx, scope, { subject: `sub_${shop.person}` }))
  expect(await kept()).toBe(0)
  await shop.apply({ ...named, subscriptions: [sub('active', { items: items('app') })] })
  expect(await has()).toEqual([])
  expect(await kept()).toBe(0)
})

test('eight at once about one person, with a mapping meanwhile, end as one after the other', async () => {
  await shop.bind('cus_2', { subject_id: shop.person })
  const second = { ...with_(subscription('sub_2', 'active')), customer: 'cus_2' }
  await shop.apply(with_(sub('active')))
  const work = Array.from({ length: 4 }, () => [
    () => shop.apply(with_(sub('active'))),
    () => shop.apply(second),
    () => shop.write((tx) => remap(tx, shop.scope(), ['pro'])),
  ])
  await Promise.all(work.flat().map((one) => one()))
  expect(await has()).toEqual(['pro si_sub_1', 'pro si_sub_2'])
  expect(await shop.rows(shop.person, false)).toHaveLength(2)
})

test('what gives less than somebody may expect is kept with the state', async () => {
  const { alerts } = await shop.apply(with_(sub('active', { items: items('pro', 'unknown') })))
  expect(alerts).toEqual([{ code: 'PRICE_UNMAPPED', about: 'unknown' }])
  const kept = async () => {
    const { result } = await shop.write(
      (tx) => tx`select alerts, matches from vouchsafe.stripe_states where tenant_id = ${shop.tenant}`,
    )
    return result[0]
  }
  expect(await kept()).toEqual({
    alerts: ['PRICE_UNMAPPED unknown'],
    matches: ['pro', 'prod_pro', 'prod_unknown', 'unknown'],
  })
  await shop.apply(with_(sub('active')))
  expect(await kept()).toMatchObject({ alerts: [] })
})
