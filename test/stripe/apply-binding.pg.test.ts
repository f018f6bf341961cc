import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { addSubject } from '#admin/people.ts'
import type { Tx } from '#postgres/pool.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { bindCustomer, unbindCustomer } from '#stripe/bind.ts'
import { driftOf } from '#stripe/drift.ts'
import { remap } from '#stripe/remap.ts'
import type { CustomerState } from '#stripe/state.ts'
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
  await shop.map(
    mapping('pro', { plan_version_id: shop.targets.pro }),
    mapping('app', { product_id: shop.targets.app }),
  )
})
afterAll(() => database.drop())

const through = (reference: string, more: Parameters<typeof checkout>[1] = {}) =>
  checkout('cs_1', { mode: 'subscription', subscription: 'sub_1', reference, ...more })
const bought = (...checkouts: CustomerState['checkouts']) =>
  state({ subscriptions: [subscription('sub_1', 'active')], checkouts })
const has = () => shop.has(shop.person)
const read = <T>(work: (tx: Tx) => Promise<T>) => readTenant(database.sql, shop.tenant, work)
const marks = () =>
  read((tx) => tx`select object, state from vouchsafe.stripe_marks where tenant_id = ${shop.tenant}`)
const cus1 = { account: '', customer: 'cus_1' }

describe('by the checkout', () => {
  test('S004-10 what nobody is bound to is kept, and given when a checkout says whose it is', async () => {
    expect(await shop.apply(bought())).toMatchObject({ bound: false, granted: 0, changed: false })
    expect(await has()).toEqual([])
    expect(await shop.apply(bought(through(`sub_${shop.person}`)))).toMatchObject({ bound: true, granted: 1 })
    expect(await has()).toEqual(['pro si_sub_1'])
    expect(await shop.apply(bought())).toMatchObject({ bound: true, changed: false })
  })

  test('an organization', async () => {
    await shop.apply(bought(through(`org_${shop.organization}`)))
    expect(await shop.has(shop.organization)).toEqual(['pro si_sub_1'])
  })

  test.each([
    'sub_00000000-0000-7000-8000-000000000000',
    'org_00000000-0000-7000-8000-000000000000',
    'alice',
    'sub_',
    ' ',
  ])('a reference that is nobody of this tenant (%s) binds nobody', async (reference) => {
    expect(await shop.apply(bought(through(reference)))).toMatchObject({ bound: false, alerts: [] })
  })

  test('a name at the identity provider, where the account says which; also one that nobody has seen yet', async () => {
    const account = { ...shop.account, reference_issuer: 'https://idp.example' }
    expect(await shop.apply(bought(through('alice')), account)).toMatchObject({ bound: true, granted: 1 })
    const people = await read(
      (tx) =>
        tx<
          { subject_id: string }[]
        >`select subject_id from vouchsafe.identities where tenant_id = ${shop.tenant} and sub = 'alice'`,
    )
    expect(people).toHaveLength(1)
    expect(await shop.has(people[0]?.subject_id ?? '')).toEqual(['pro si_sub_1'])
    const lost = { ...bought(through('sub_00000000-0000-7000-8000-000000000000')), customer: 'cus_2' }
    expect(await shop.apply(lost, account)).toMatchObject({ bound: false })
    const odd = { ...bought(through('two words')), customer: 'cus_3' }
    expect(await shop.apply(odd, account)).toMatchObject({ bound: false })
  })

  test('somebody else’s checkout later changes nothing, and is told', async () => {
    const { result: other } = await shop.write((tx) => addSubject(tx, shop.tenant))
    const first = through(`sub_${shop.person}`)
    const second = checkout('cs_2', { created: began + day, reference: `sub_${other}` })
    await shop.apply(bought(first))
    const { alerts } = await shop.apply(bought(first, second))
    expect(alerts).toEqual([{ code: 'BINDING_CONFLICT', about: 'cs_2' }])
    expect(await has()).toEqual(['pro si_sub_1'])
    expect(await shop.has(other)).toEqual([])
    await shop.write((tx) => bindCustomer(tx, shop.scope(), { ...cus1, holder: { subject: shop.person } }))
    expect(await shop.apply(bought(first, second))).toMatchObject({ alerts: [] })
  })

  test('of two at once the first one counts, in whatever order', async () => {
    const { result: other } = await shop.write((tx) => addSubject(tx, shop.tenant))
    const first = through(`sub_${shop.person}`)
    const second = checkout('cs_0', { created: began + day, reference: `sub_${other}` })
    await shop.apply(bought(second, first))
    expect(await has()).toEqual(['pro si_sub_1'])
  })

  test('S004-11 a guest’s checkout stands for itself', async () => {
    const guest = checkout('cs_9', { reference: `sub_${shop.person}`, lines: [item('app')] })
    await shop.apply(state({ customer: 'cs_9', checkouts: [guest] }))
    expect(await has()).toEqual(['app cs_9'])
  })

  test('S002-43 the entitlement that the metadata named, also when the subscription changes later', async () => {
    const { docs, api } = shop.targets
    await shop.map(
      mapping('any', { entitlement_id: docs }),
      mapping('any', { entitlement_id: api, quantity: 'value' }),
    )
    const any = (status: string) => [subscription('sub_1', status, { items: [item('any', { quantity: 9 })] })]
    const named = through(`sub_${shop.person}`, { named: 'api' })
    await shop.apply(state({ subscriptions: any('active'), checkouts: [named] }))
    await shop.apply(state({ subscriptions: any('past_due'), checkouts: [named] }))
    expect(await shop.rows(shop.person)).toMatchObject([{ gives: 'api', value: 9, due: 0 }])
    const other = through(`sub_${shop.person}`, { named: 'enterprise' })
    const { alerts } = await shop.apply(state({ subscriptions: any('active'), checkouts: [other] }))
    expect(alerts).toEqual([{ code: 'ENTITLEMENT_NOT_MAPPED', about: 'sub_1' }])
    expect(await has()).toEqual([])
  })
})

describe('by an administrator', () => {
  const bind = (holder: { subject: string } | { organization: string }) =>
    shop.write((tx) => bindCustomer(tx, shop.scope(), { ...cus1, holder }))
  const unbind = () => shop.write((tx) => unbindCustomer(tx, shop.scope(), cus1))

  test('what was fetched before is given at once, and fetched again', async () => {
    await shop.apply(bought())
    expect(await bind({ subject: shop.person })).toMatchObject({ result: { changed: true }, changed: true })
    expect(await has()).toEqual(['pro si_sub_1'])
    expect(await marks()).toEqual([{ object: 'cus_1', state: 'waiting' }])
    expect(await bind({ subject: shop.person })).toMatchObject({ result: { changed: false }, changed: false })
  })

  test('to somebody else takes it from the one before', async () => {
    await shop.apply(bought(through(`sub_${shop.person}`)))
    await bind({ organization: 'company' })
    expect(await has()).toEqual([])
    expect(await shop.has(shop.organization)).toEqual(['pro si_sub_1'])
    await shop.apply(bought(through(`sub_${shop.person}`)))
    expect(await has()).toEqual([])
  })

  test('a binding that is taken back takes what came of it, and no more', async () => {
    await shop.give({ holder: { subject: shop.person }, target: { product: 'app' } })
    await bind({ subject: shop.person })
    await shop.apply(bought())
    expect(await has()).toEqual(['app ', 'pro si_sub_1'])
    expect(await unbind()).toMatchObject({ result: { changed: true } })
    expect(await has()).toEqual(['app '])
    expect(await unbind()).toMatchObject({ result: { changed: false }, changed: false })
    expect(await shop.apply(bought())).toMatchObject({ bound: false })
  })

  test('errors name what is unknown', async () => {
    const scope = shop.scope()
    const asked = (more: object) =>
      shop.write((tx) => bindCustomer(tx, scope, { ...cus1, holder: { subject: shop.person }, ...more }))
    await expect(asked({ customer: 'alice' })).rejects.toMatchObject({ code: 'INVALID_FIELD' })
    await expect(asked({ account: 'nothing' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(asked({ holder: { organization: 'nothing' } })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('mappings', () => {
  test('one that is added or taken back applies to what was fetched, of all who bought it', async () => {
    await shop.bind('cus_1', { subject_id: shop.person })
    await shop.bind('cus_2', { organization_id: shop.organization })
    const later = [subscription('sub_1', 'active', { items: [item('later')] })]
    await shop.apply(state({ subscriptions: later }))
    await shop.apply(
      state({
        customer: 'cus_2',
        subscriptions: [subscription('sub_2', 'active', { items: [item('later', { id: 'si_2' })] })],
      }),
    )
    await shop.apply(state({ customer: 'cus_3', subscriptions: [] }))
    expect(await has()).toEqual([])
    await shop.map(mapping('later', { product_id: shop.targets.app }))
    const { result: done } = await shop.write((tx) => remap(tx, shop.scope(), ['later']))
    expect(done).toBe(2)
    expect(await has()).toEqual(['app si_later'])
    expect(await shop.has(shop.organization)).toEqual(['app si_2'])
    expect((await marks()).map(({ object }) => object).sort()).toEqual(['cus_1', 'cus_2'])
    await shop.write(async (tx) => {
      await tx`delete from vouchsafe.price_mappings where tenant_id = ${shop.tenant} and external_id = 'later'`
      await remap(tx, shop.scope(), ['later'])
    })
    expect(await has()).toEqual([])
  })

  test('the first feature that is mapped has all asked for theirs', async () => {
    await shop.bind('cus_1', { subject_id: shop.person })
    await shop.apply(bought())
    await shop.map(mapping('sso', { match: 'feature', entitlement_id: shop.targets.docs }))
    await shop.write((tx) => remap(tx, shop.scope(), ['sso']))
    expect(await marks()).toEqual([{ object: 'cus_1', state: 'waiting' }])
    await shop.write((tx) => tx`delete from vouchsafe.stripe_marks where tenant_id = ${shop.tenant}`)
    await shop.map(mapping('sla', { match: 'feature', entitlement_id: shop.targets.docs }))
    await shop.write((tx) => remap(tx, shop.scope(), ['sla']))
    expect(await marks()).toEqual([])
  })
})

describe('drift', () => {
  const drift = (it: CustomerState) => read((tx) => driftOf(tx, shop.account, it, shop.now))

  test('is what applying would change, and nothing is changed', async () => {
    const it = bought(through(`sub_${shop.person}`))
    expect(await drift(it)).toEqual({ bound: false, changes: [], alerts: [] })
    await shop.apply(it)
    expect(await drift(it)).toEqual({ bound: true, changes: [], alerts: [] })
    const due = { ...it, subscriptions: [subscription('sub_1', 'past_due'), subscription('sub_2', 'active')] }
    expect((await drift(due)).changes).toEqual([
      { kind: 'missing', source_ref: 'si_sub_2', text: 'subscription sub_2 is active' },
      { kind: 'differs', source_ref: 'si_sub_1', text: 'past_due_at' },
    ])
    const gone = { ...it, subscriptions: [subscription('sub_1', 'unpaid')] }
    expect((await drift(gone)).changes).toEqual([
      { kind: 'too_much', source_ref: 'si_sub_1', text: 'subscription sub_1 is unpaid' },
    ])
    expect(await drift(it)).toMatchObject({ changes: [] })
  })
})

test('C-4 Stripe’s text is kept, and the three words are a view of it', async () => {
  const statuses = [
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
  await shop.bind('cus_1', { subject_id: shop.person })
  const all = statuses.map((status, at) => subscription(`sub_${at}`, status))
  await shop.apply(state({ subscriptions: all }))
  const words = () =>
    read(
      (tx) => tx<{ stripe_status: string; status: string; subject_id: string }[]>`
        select stripe_status, status, subject_id from vouchsafe.billing_subscriptions where tenant_id = ${shop.tenant} order by subscription`,
    )
  expect((await words()).map(({ stripe_status, status }) => `${stripe_status}: ${status}`)).toEqual([
    'active: active',
    'trialing: active',
    'past_due: past_due',
    ...statuses.slice(3).map((status) => `${status}: canceled`),
  ])
  expect(new Set((await words()).map(({ subject_id }) => subject_id))).toEqual(new Set([shop.person]))
  await shop.apply(state({ subscriptions: all.slice(0, 1) }))
  expect(await words()).toHaveLength(1)
})
