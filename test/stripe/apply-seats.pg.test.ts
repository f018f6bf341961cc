import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { addSubject } from '#admin/people.ts'
import { assignSeat, seatUse } from '#admin/seats.ts'
import { startTrial } from '#admin/start-trial.ts'
import type { Mapping } from '#stripe/rules.ts'
import type { Subscription } from '#stripe/state.ts'
import { type FreshDatabase, freshDatabase } from '#test/postgres/database.ts'
import { openShop, type Shop } from './shop.ts'
import { began, day, item, mapping, state, subscription } from './states.ts'

let database: FreshDatabase
let shop: Shop
beforeAll(async () => {
  database = await freshDatabase()
})
beforeEach(async () => {
  shop = await openShop(database.sql)
  await shop.bind('cus_1', { organization_id: shop.organization })
})
afterAll(() => database.drop())

const seats = (quantity: Mapping['quantity'] = 'seats') =>
  shop.map(mapping('team', { plan_version_id: shop.targets.team, quantity, pool: 'staff' }))
const bought = (quantity: number, status = 'active') =>
  state({ subscriptions: [subscription('sub_1', status, { items: [item('team', { quantity })] })] })
const pool = async () => {
  const { result } = await shop.write(
    (tx) => tx<{ id: string; on_shrink: string }[]>`
      select id, on_shrink from vouchsafe.seat_pools where tenant_id = ${shop.tenant} and key = 'staff'`,
  )
  expect(result).toHaveLength(1)
  return result[0]?.id ?? ''
}
const seat = async (count: number) => {
  const of = await pool()
  await shop.write(async (tx) => {
    for (let n = 0; n < count; n++) {
      const subject = await addSubject(tx, shop.tenant)
      await assignSeat(tx, shop.tenant, { pool: of, subject }, { actor: 'test', now: shop.now })
    }
  })
}
const use = async () => {
  const of = await pool()
  return (await shop.write((tx) => seatUse(tx, shop.tenant, of, shop.now))).result
}

describe('S003-16 seats', () => {
  test('the number bought is the capacity of a pool, which is made where there is none', async () => {
    await seats()
    await shop.apply(bought(3))
    expect(await shop.rows(shop.organization)).toMatchObject([{ gives: 'team', pool: 'staff', quantity: 3 }])
    await shop.apply(bought(5))
    expect(await shop.rows(shop.organization, false)).toMatchObject([{ quantity: 5 }])
    expect(await use()).toEqual({ used: 0, invited: 0, capacity: 5 })
    await expect(seat(6)).rejects.toMatchObject({ code: 'INSUFFICIENT_SEATS' })
  })

  test('fewer are bought than are taken: what has ended at Stripe has ended, even where the pool blocks', async () => {
    await seats()
    await shop.apply(bought(3))
    await seat(3)
    await shop.write(
      (tx) => tx`update vouchsafe.seat_pools set on_shrink = 'block' where tenant_id = ${shop.tenant}`,
    )
    await shop.apply(bought(1))
    expect(await use()).toEqual({ used: 3, invited: 0, capacity: 1 })
    await shop.apply(bought(1, 'canceled'))
    expect(await use()).toEqual({ used: 3, invited: 0, capacity: 0 })
  })

  test('a number that follows the seats is one at least, and says when it differs', async () => {
    await seats('follows_seats')
    expect(await shop.apply(bought(1))).toMatchObject({ quantities: [] })
    expect(await shop.apply(bought(4))).toMatchObject({ quantities: [{ item: 'si_team', quantity: 1 }] })
    await seat(3)
    expect(await shop.apply(bought(1))).toMatchObject({
      quantities: [{ item: 'si_team', quantity: 3 }],
      changed: false,
    })
    expect(await shop.apply(bought(3))).toMatchObject({ quantities: [] })
    expect(await shop.apply(bought(1, 'canceled'))).toMatchObject({ quantities: [] })
  })

  test('of several that follow one pool only the first is billed for its seats; where it ends, the next is', async () => {
    await shop.bind('cus_2', { organization_id: shop.organization })
    await seats('follows_seats')
    const of = (customer: string, n: number, items: readonly number[], status = 'active') =>
      state({
        customer,
        subscriptions: items.map((quantity, at) => {
          const mine = item('team', { id: `si_${n + at}`, quantity, created: began + (n + at) * day })
          return subscription(`sub_${n + at}`, status, { items: [mine] })
        }),
      })
    const twice = (about: string) => ({ code: 'POOL_FOLLOWED_TWICE', about })
    await shop.apply(of('cus_1', 1, [1, 1]))
    await seat(3)
    const first = await shop.apply(of('cus_1', 1, [1, 1]))
    expect(first).toMatchObject({ quantities: [{ item: 'si_1', quantity: 3 }], alerts: [twice('si_2')] })
    expect(await shop.apply(of('cus_2', 3, [1]))).toMatchObject({ quantities: [], alerts: [twice('si_3')] })
    const marked = async () =>
      (await shop.write((tx) => tx`delete from vouchsafe.stripe_marks returning object as customer`)).result
    await marked()
    await shop.apply(of('cus_1', 1, [3, 1], 'canceled'))
    expect(await marked()).toEqual([{ customer: 'cus_2' }])
    const next = await shop.apply(of('cus_2', 3, [1]))
    expect(next).toMatchObject({ quantities: [{ item: 'si_3', quantity: 3 }], alerts: [] })
    expect(await marked()).toEqual([])
  })

  test('one price of a plan with two pools gives both', async () => {
    await seats()
    await shop.map(mapping('team', { plan_version_id: shop.targets.team, quantity: 'seats', pool: 'guests' }))
    await shop.apply(bought(3))
    const both = [
      { gives: 'team', pool: 'guests', quantity: 3 },
      { gives: 'team', pool: 'staff', quantity: 3 },
    ]
    const rows = await shop.rows(shop.organization)
    expect(rows.toSorted((a, b) => (`${a.pool}` < `${b.pool}` ? -1 : 1))).toMatchObject(both)
  })

  test('an administrator gives seats of two pools under one reference, but not the same without a pool', async () => {
    await seats()
    await shop.map(mapping('team', { plan_version_id: shop.targets.team, quantity: 'seats', pool: 'guests' }))
    await shop.apply(bought(3))
    const give = (pool?: string) =>
      shop.give({
        holder: { organization: 'company' },
        target: { plan: 'team' },
        source_ref: 'ticket',
        ...(pool !== undefined && { pool, quantity: 2 }),
      })
    const [staff, guests, again] = [await give('staff'), await give('guests'), await give('staff')]
    expect(guests.result.grant.id).not.toBe(staff.result.grant.id)
    expect(again.result).toMatchObject({ grant: { id: staff.result.grant.id }, changed: false })
    await expect(give()).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' })
  })

  test('a module that gives rights to organizations gives none to a person, and that is told', async () => {
    await shop.bind('cus_2', { subject_id: shop.person })
    await shop.map(mapping('team', { plan_version_id: shop.targets.team, module: 'learn' }))
    const { alerts } = await shop.apply({ ...bought(1), customer: 'cus_2' })
    expect(alerts).toEqual([{ code: 'HOLDER_UNFIT', about: 'team' }])
    expect(await shop.apply(bought(1))).toMatchObject({ granted: 1, alerts: [] })
  })
})

test('a price that takes the place of another gives nothing for the time before', async () => {
  await shop.map(mapping('pro', { plan_version_id: shop.targets.pro }))
  await shop.map(mapping('team', { plan_version_id: shop.targets.team }))
  const of = (price: string, status = 'active') =>
    state({ subscriptions: [subscription('sub_1', status, { items: [item(price, { id: 'si_1' })] })] })
  await shop.apply(of('pro'))
  expect(await shop.rows(shop.organization)).toMatchObject([{ gives: 'pro', from: 0 }])
  shop.at(50)
  await shop.apply(of('team'))
  expect(await shop.rows(shop.organization)).toMatchObject([{ gives: 'team', from: 50 }])
  await shop.apply(of('team', 'canceled'))
  shop.at(60)
  await shop.apply(of('pro'))
  expect(await shop.rows(shop.organization)).toMatchObject([{ gives: 'pro', from: 60 }])
})

describe('trials are had once', () => {
  const trial = (id: string, start: number, more: Partial<Subscription> = {}) =>
    subscription(id, 'trialing', { trial_start: start, trial_end: start + 14 * day, ...more })
  const uses = async () => {
    const { result } = await shop.write(
      (tx) =>
        tx<
          { group_key: string }[]
        >`select group_key from vouchsafe.trial_uses where tenant_id = ${shop.tenant}`,
    )
    return result.map(({ group_key }) => group_key)
  }
  beforeEach(async () => {
    await shop.map(mapping('pro', { plan_version_id: shop.targets.pro }))
    await shop.bind('cus_2', { subject_id: shop.person })
    await shop.bind('cus_3', { subject_id: shop.person })
  })
  const apply = (customer: string, ...subscriptions: Subscription[]) =>
    shop.apply(state({ customer, subscriptions }))

  test('by another customer of the same person; the first goes on, also when it is fetched again', async () => {
    await apply('cus_2', trial('sub_1', began))
    expect(await uses()).toEqual(['pro'])
    const repeated = [{ code: 'TRIAL_REPEATED', about: 'sub_2' }]
    expect(await apply('cus_3', trial('sub_2', began + day))).toMatchObject({ granted: 0, alerts: repeated })
    expect(await apply('cus_2', trial('sub_1', began))).toMatchObject({ changed: false, alerts: [] })
    const other = item('pro', { id: 'si_swapped' })
    await apply('cus_2', trial('sub_1', began, { items: [other] }))
    expect(await shop.has(shop.person)).toEqual(['pro si_swapped'])
    expect(await apply('cus_3', { ...trial('sub_2', began + day), status: 'active' })).toMatchObject({
      granted: 1,
    })
  })

  test('by an administrator before or after', async () => {
    const scope = { ...shop.scope(), pageTokens: undefined as never, whoHas: undefined as never }
    const mine = { plan: 'pro', days: 7, module: '', scope_organization: '', reason: '' }
    const start = (holder: Parameters<typeof startTrial>[2]['holder']) =>
      shop.write((tx) => startTrial(tx, scope, { holder, ...mine }))
    await apply('cus_2', trial('sub_1', began))
    await expect(start({ subject: shop.person })).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' })
    await start({ organization: 'company' })
    const { alerts } = await shop.apply(state({ subscriptions: [trial('sub_9', began)] }))
    expect(alerts).toEqual([{ code: 'TRIAL_REPEATED', about: 'sub_9' }])
  })
})
