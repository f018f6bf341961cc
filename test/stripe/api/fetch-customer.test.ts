import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type FakeStripe, startFakeStripe } from '#test/stripe/fake/start-fake-stripe.ts'
import { connected } from './connected.ts'

// The first value of each kind has its schema compiled.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 120_000 })

let fake: FakeStripe
beforeEach(async () => {
  fake = await startFakeStripe()
})
afterEach(async () => {
  await fake.close()
  expect(fake.mistakes).toEqual([])
})

const fetchAll = (customer: string) => connected(fake).fetchCustomer(customer, { features: true })

test('S002-41 all subscriptions, all items and all entitlements are fetched, over all pages', async () => {
  const customer = fake.createCustomer()
  const price = fake.createPrice({ lookup_key: 'pro' })
  const prices = Array.from({ length: 25 }, () => fake.createPrice())
  const features = Array.from({ length: 105 }, (_, n) => `feature_${String(n).padStart(3, '0')}`)
  const wide = fake.subscribe(
    customer,
    prices.map((each, n) => ({ price: each, quantity: n + 1 })),
  )
  const others = Array.from({ length: 104 }, () => fake.subscribe(customer, [{ price }]))
  fake.setFeatures(customer, features)
  fake.subscribe(fake.createCustomer(), [{ price }])

  const state = await fetchAll(customer)

  expect(state.subscriptions.map(({ id }) => id).sort()).toEqual([wide, ...others].sort())
  const items = state.subscriptions.find(({ id }) => id === wide)?.items
  expect(items?.map((item) => [item.price, item.quantity])).toEqual(prices.map((each, n) => [each, n + 1]))
  expect(state.subscriptions[0]?.items[0]).toMatchObject({
    price,
    lookup_key: 'pro',
    product: expect.stringMatching(/^prod_/),
  })
  expect(state.features).toEqual(features)
})

test.each(['\u0000', '\ud800'])('what no database can hold (%j) was not written', async (odd) => {
  await fake.close()
  fake = await startFakeStripe({ checked: false })
  const customer = fake.createCustomer()
  const price = fake.createPrice({ once: true, lookup_key: `a${odd}` })
  const names = { reference: `a${odd}b`, metadata: { right: `b${odd}c` } }
  fake.completeCheckout({ mode: 'payment', customer, lines: [{ price }], ...names })
  fake.setFeatures(customer, [`sso${odd}`, 'export'])
  const far = fake.subscribe(customer, [{ price: fake.createPrice() }])
  fake.thing('subscription', far).cancel_at = 1e13
  const { checkouts, features, subscriptions } = await fetchAll(customer)
  expect(checkouts).toHaveLength(1)
  for (const field of ['reference', 'named']) expect(checkouts[0]).not.toHaveProperty(field)
  expect(checkouts[0]?.lines[0]).not.toHaveProperty('lookup_key')
  expect(features).toEqual(['export'])
  expect(subscriptions[0]?.cancel_at).toBe(Date.parse('9999-12-31T23:59:59Z'))
})

test('what happened to subscriptions is told in our words, ended ones too', async () => {
  await fake.close()
  fake = await startFakeStripe({ checked: false })
  const customer = fake.createCustomer()
  const price = fake.createPrice()
  const at = (thing: unknown) => Number(thing) * 1000
  const ended = fake.subscribe(customer, [{ price }])
  fake.cancel(ended)
  const leaving = fake.subscribe(customer, [{ price }], { trialDays: 7 })
  fake.cancelAtPeriodEnd(leaving)
  fake.pauseCollection(leaving)
  const odd = fake.subscribe(customer, [{ price }])
  const state = await fetchAll(customer)
  const raw = fake.thing('subscription', leaving)
  expect(state.subscriptions.find(({ id }) => id === ended)).toMatchObject({
    status: 'canceled',
    ended_at: at(fake.thing('subscription', ended).ended_at),
    paused: false,
  })
  const found = state.subscriptions.find(({ id }) => id === leaving)
  expect(found).toMatchObject({
    status: 'trialing',
    trial_start: at(raw.trial_start),
    trial_end: at(raw.trial_end),
    cancel_at: at(raw.cancel_at),
    cancel_at_period_end: true,
    paused: true,
  })
  expect(found?.items[0]?.period_end).toBe(at(raw.trial_end))
  expect(found).not.toHaveProperty('ended_at')
  expect(found).not.toHaveProperty('unpaid_since')
  expect(state.subscriptions.find(({ id }) => id === odd)).not.toHaveProperty('cancel_at')
})

test('of a subscription that is past due it is told since when, by its oldest invoice', async () => {
  let now = Date.UTC(2026, 0, 1)
  await fake.close()
  fake = await startFakeStripe({ now: () => now })
  const customer = fake.createCustomer()
  const subscription = fake.subscribe(customer, [{ price: fake.createPrice() }])
  now = Date.UTC(2026, 1, 1)
  fake.failPayment(subscription)
  fake.writeOff(subscription)
  now = Date.UTC(2026, 2, 1)
  fake.failPayment(subscription)
  expect((await fetchAll(customer)).subscriptions[0]).toMatchObject({
    status: 'past_due',
    unpaid_since: Date.UTC(2026, 1, 1),
  })
  const asksWhatIsOpen = () => fake.requests.some(({ query }) => query.includes('status=open'))
  expect(asksWhatIsOpen()).toBe(true)
  fake.pay(subscription)
  fake.requests.length = 0
  expect((await fetchAll(customer)).subscriptions[0]).not.toHaveProperty('unpaid_since')
  expect(asksWhatIsOpen()).toBe(false)
})

test('of the checkout of a subscription what is paid once is told, too', async () => {
  const customer = fake.createCustomer()
  const [monthly, once] = [fake.createPrice(), fake.createPrice({ once: true })]
  fake.completeCheckout({ mode: 'subscription', customer, lines: [{ price: monthly }] })
  const session = fake.completeCheckout({
    mode: 'subscription',
    customer,
    lines: [{ price: monthly }, { price: once }],
  })
  const { checkouts } = await fetchAll(customer)
  const lines = checkouts.map((each) => [each.id === session, each.lines.map(({ price }) => price)])
  expect(lines).toContainEqual([true, [once]])
  expect(lines).toContainEqual([false, []])
})

test('of a trial that is past due it is told that nothing was ever paid for it', async () => {
  const customer = fake.createCustomer()
  const price = fake.createPrice()
  const neverPaid = async () => (await fetchAll(customer)).subscriptions[0]?.never_paid
  const one = fake.subscribe(customer, [{ price }], { trialDays: 7 })
  fake.renew(one)
  // A trial begins with an invoice of nothing.
  const begun = String(fake.thing('subscription', one).latest_invoice)
  Object.assign(fake.thing('invoice', begun), { total: 0 })
  fake.failPayment(one)
  expect(await neverPaid()).toBe(true)
  fake.pay(one)
  expect(await neverPaid()).toBeUndefined()
  fake.failPayment(one)
  expect(await neverPaid()).toBeUndefined()
})

test('of several trials those are told that ended later, and were never paid for', async () => {
  await fake.close()
  const clock = { ahead: 0 }
  fake = await startFakeStripe({ checked: false, now: () => Date.now() + clock.ahead })
  const customer = fake.createCustomer()
  const price = fake.createPrice()
  const [paid, unpaid] = [0, 1].map(() => fake.subscribe(customer, [{ price }], { trialDays: 7 })) as [
    string,
    string,
  ]
  clock.ahead += 10 * 86_400_000
  fake.renew(paid)
  fake.pause(unpaid)
  for (const id of [paid, unpaid]) fake.cancel(id)
  const { subscriptions } = await fetchAll(customer)
  expect(Object.fromEntries(subscriptions.map((one) => [one.id, one.never_paid]))).toEqual({
    [paid]: undefined,
    [unpaid]: true,
  })
})

test('what cost nothing is bought all the same', async () => {
  const customer = fake.createCustomer()
  const id = fake.completeCheckout({
    mode: 'payment',
    customer,
    lines: [{ price: fake.createPrice({ once: true }) }],
  })
  const free = { payment_status: 'no_payment_required', payment_intent: null }
  Object.assign(fake.thing('checkout.session', id), free)
  expect((await fetchAll(customer)).checkouts).toMatchObject([
    { paid: true, refunded: 'none', disputed: 'none' },
  ])
})

test('S001-45 what was paid since clears what was written off before: the grace begins anew', async () => {
  let now = Date.UTC(2026, 0, 1)
  await fake.close()
  fake = await startFakeStripe({ now: () => now })
  const customer = fake.createCustomer()
  const subscription = fake.subscribe(customer, [{ price: fake.createPrice() }])
  now = Date.UTC(2026, 1, 1)
  fake.failPayment(subscription)
  fake.writeOff(subscription)
  now = Date.UTC(2026, 2, 1)
  fake.renew(subscription)
  now = Date.UTC(2026, 3, 1)
  fake.failPayment(subscription)
  expect((await fetchAll(customer)).subscriptions[0]).toMatchObject({
    status: 'past_due',
    unpaid_since: Date.UTC(2026, 3, 1),
  })
})

test('an invoice that is sent waits from the day it is due', async () => {
  const customer = fake.createCustomer()
  const subscription = fake.subscribe(customer, [{ price: fake.createPrice() }], {
    collection: 'send_invoice',
  })
  fake.failPayment(subscription)
  const invoice = fake.thing('invoice', String(fake.thing('subscription', subscription).latest_invoice))
  invoice.due_date = invoice.created + 86_400
  const [found] = (await fetchAll(customer)).subscriptions
  expect(found?.unpaid_since).toBe((invoice.created + 86_400) * 1000)
})

test('the end of a period is found where it was until 2025, too', async () => {
  await fake.close()
  fake = await startFakeStripe({ checked: false })
  const customer = fake.createCustomer()
  const subscription = fake.subscribe(customer, [{ price: fake.createPrice() }])
  delete fake.thing('subscription_item', fake.itemsOf(subscription)[0] ?? '').current_period_end
  fake.thing('subscription', subscription).current_period_end = 1_800_000_000
  const [found] = (await fetchAll(customer)).subscriptions
  expect(found?.items[0]?.period_end).toBe(1_800_000_000_000)
})

test('schedules are fetched with what their phases sell', async () => {
  const customer = fake.createCustomer()
  const price = fake.createPrice({ lookup_key: 'later' })
  const starts = Date.UTC(2027, 0, 1)
  const ends = Date.UTC(2028, 0, 1)
  const id = fake.schedule(customer, [{ starts, ends, lines: [{ price, quantity: 4 }] }])
  const sold = { price, product: fake.thing('price', price).product, lookup_key: 'later', quantity: 4 }
  expect((await fetchAll(customer)).schedules).toEqual([
    { id, status: 'not_started', phases: [{ starts_at: starts, ends_at: ends, items: [sold] }] },
  ])
})

test('a schedule that runs says when its phase ends', async () => {
  const customer = fake.createCustomer()
  const subscription = fake.subscribe(customer, [{ price: fake.createPrice() }])
  fake.schedule(
    customer,
    [{ starts: Date.UTC(2026, 0, 1), ends: Date.UTC(2027, 0, 1), lines: [] }],
    subscription,
  )
  expect((await fetchAll(customer)).schedules).toMatchObject([
    { status: 'active', subscription, current_end: Date.UTC(2027, 0, 1) },
  ])
})

test('checkouts tell what was paid once, what was given back, and whom they are for', async () => {
  const customer = fake.createCustomer()
  const price = fake.createPrice({ once: true })
  const lines = Array.from({ length: 12 }, () => ({ price: fake.createPrice({ once: true }) }))
  const buy = (options = {}) =>
    fake.completeCheckout({ mode: 'payment', lines: [{ price }], customer, ...options })
  const kept = buy({ reference: 'sub_me', metadata: { right: 'ebook', other: 'x' }, lines })
  const part = buy()
  fake.refund(fake.chargeOf(part), 1)
  fake.failRefund(fake.refund(fake.chargeOf(part)))
  const whole = buy()
  fake.refund(fake.chargeOf(whole), 400)
  fake.refund(fake.chargeOf(whole))
  const returned = buy()
  fake.failRefund(fake.refund(fake.chargeOf(returned)))
  const open = buy()
  fake.dispute(fake.chargeOf(open))
  const lost = buy()
  fake.closeDispute(fake.dispute(fake.chargeOf(lost)), 'lost')
  const won = buy()
  fake.closeDispute(fake.dispute(fake.chargeOf(won)), 'won')
  const asked = buy()
  fake.dispute(fake.chargeOf(asked), 'warning_needs_response')
  const late = fake.completeCheckout({ mode: 'payment', lines: [{ price }], customer }, { delayed: true })
  fake.createCheckout({ mode: 'payment', lines: [{ price }], customer })

  const { checkouts } = await fetchAll(customer)

  const told = Object.fromEntries(
    checkouts.map((each) => [each.id, [each.paid, each.refunded, each.disputed]]),
  )
  expect(told).toEqual({
    [kept]: [true, 'none', 'none'],
    [part]: [true, 'partly', 'none'],
    [whole]: [true, 'fully', 'none'],
    [returned]: [true, 'none', 'none'],
    [open]: [true, 'none', 'open'],
    [lost]: [true, 'none', 'lost'],
    [won]: [true, 'none', 'none'],
    [asked]: [true, 'none', 'none'],
    [late]: [false, 'none', 'none'],
  })
  const first = checkouts.find(({ id }) => id === kept)
  expect(first).toMatchObject({ mode: 'payment', reference: 'sub_me', named: 'ebook' })
  expect(first?.lines.map((line) => line.price)).toEqual(lines.map((line) => line.price))
})

test('S004-11 what was billed once is told when it is paid, with what was given back of it', async () => {
  const customer = fake.createCustomer()
  const price = fake.createPrice({ once: true, lookup_key: 'course' })
  const product = fake.thing('price', price).product
  const bill = (options = {}) => fake.billPaid(customer, [{ price, quantity: 2 }], options)
  const kept = bill()
  const part = bill()
  fake.refund(fake.chargeOf(part), 1)
  const whole = bill()
  fake.refund(fake.chargeOf(whole))
  const open = bill()
  fake.dispute(fake.chargeOf(open))
  const lost = bill()
  fake.closeDispute(fake.dispute(fake.chargeOf(lost)), 'lost')
  const cash = bill({ by: 'cash' })
  const credited = bill({ by: 'cash' })
  fake.credit(credited)
  const creditedInPart = bill()
  fake.credit(creditedInPart, 1)
  const nothingToPay = fake.billPaid(customer, [])
  fake.credit(nothingToPay, 0)
  fake.bill(customer, [{ price }])
  fake.subscribe(customer, [{ price: fake.createPrice() }])

  const { invoices } = await fetchAll(customer)

  expect(Object.fromEntries(invoices.map((each) => [each.id, [each.refunded, each.disputed]]))).toEqual({
    [kept]: ['none', 'none'],
    [part]: ['partly', 'none'],
    [whole]: ['fully', 'none'],
    [open]: ['none', 'open'],
    [lost]: ['none', 'lost'],
    [cash]: ['none', 'none'],
    [credited]: ['fully', 'none'],
    [creditedInPart]: ['partly', 'none'],
    [nothingToPay]: ['none', 'none'],
  })
  expect(invoices.at(-1)).toMatchObject({
    id: kept,
    lines: [{ price, product, lookup_key: 'course', quantity: 2 }],
  })
})

test('an invoice that a checkout made is the checkout’s; lines that a subscription led to are its own', async () => {
  const customer = fake.createCustomer()
  const lines = [{ price: fake.createPrice({ once: true }) }]
  const session = fake.completeCheckout({ mode: 'payment', lines, customer })
  const theirs = fake.billPaid(customer, lines)
  fake.thing('checkout.session', session).invoice = theirs
  const item = { invoice_item: 'ii_1', proration_details: null }
  const parents = [
    { type: 'invoice_item_details', invoice_item_details: { ...item, proration: true, subscription: null } },
    {
      type: 'invoice_item_details',
      invoice_item_details: { ...item, proration: false, subscription: 'sub_1' },
    },
    {
      type: 'subscription_item_details',
      subscription_item_details: {
        ...item,
        proration: false,
        subscription: 'sub_1',
        subscription_item: 'si_1',
      },
    },
  ]
  for (const parent of parents) fake.billPaid(customer, lines, { line: { parent } })
  fake.billPaid(customer, lines, { line: { amount: -100, subtotal: -100 } })
  fake.billPaid(customer, lines, { line: { pricing: null } })
  const { checkouts, invoices } = await fetchAll(customer)
  expect(checkouts).toMatchObject([{ id: session, invoice: theirs }])
  expect(invoices.map((each) => each.lines)).toEqual([[], [], [], [], []])
})

test('what a checkout named is carried to the subscription that it made, and to no other', async () => {
  const price = fake.createPrice()
  const customer = fake.createCustomer()
  const lines = [{ price }]
  const metadata = { right: 'seats' }
  const session = fake.completeCheckout({ mode: 'subscription', lines, customer, metadata })
  const other = fake.subscribe(customer, lines, { metadata: { right: 'everything' } })
  const { subscriptions, checkouts } = await fetchAll(customer)
  expect(subscriptions.find(({ id }) => id === fake.subscriptionOf(session))?.named).toBe('seats')
  expect(subscriptions.find(({ id }) => id === other)).not.toHaveProperty('named')
  expect(checkouts[0]).toMatchObject({ subscription: fake.subscriptionOf(session), lines: [] })
})

test('a customer that was deleted is nothing but deleted', async () => {
  const customer = fake.createCustomer()
  fake.subscribe(customer, [{ price: fake.createPrice() }])
  fake.deleteCustomer(customer)
  expect(await fetchAll(customer)).toEqual({
    customer,
    deleted: true,
    subscriptions: [],
    schedules: [],
    checkouts: [],
    invoices: [],
    features: [],
  })
})

test('a guest’s checkout stands for itself, and its charge, refund and dispute lead to it', async () => {
  const price = fake.createPrice({ once: true })
  const session = fake.completeCheckout({ mode: 'payment', lines: [{ price }] })
  const charge = fake.chargeOf(session)
  const dispute = fake.dispute(charge)
  fake.closeDispute(dispute, 'won')
  const refund = fake.refund(charge)
  const state = await fetchAll(session)
  expect(state).toMatchObject({
    customer: session,
    deleted: false,
    subscriptions: [],
    checkouts: [{ id: session, paid: true, refunded: 'fully', lines: [{ price, quantity: 1 }] }],
  })
  const api = connected(fake)
  const intent = String(fake.thing('charge', charge).payment_intent)
  for (const object of [session, charge, dispute, refund, intent])
    expect(await api.customerOf(object)).toBe(session)
  const left = fake.createCheckout({ mode: 'payment', lines: [{ price }] })
  expect((await fetchAll(left)).checkouts).toEqual([])
  expect(await api.customerOf(left)).toBeUndefined()
})

test('everything of a customer leads to the customer; what is nobody’s to nobody', async () => {
  const api = connected(fake)
  const customer = fake.createCustomer()
  const price = fake.createPrice({ once: true })
  const session = fake.completeCheckout({ mode: 'payment', lines: [{ price }], customer })
  const charge = fake.chargeOf(session)
  const subscription = fake.subscribe(customer, [{ price: fake.createPrice() }])
  const schedule = fake.schedule(customer, [{ starts: 0, ends: 1, lines: [] }])
  const invoice = String(fake.thing('subscription', subscription).latest_invoice)
  const item = fake.itemsOf(subscription)[0] ?? ''
  const intent = String(fake.thing('charge', charge).payment_intent)
  const refund = fake.refund(charge)
  const dispute = fake.dispute(charge)
  const all = [customer, session, charge, subscription, schedule, invoice, item, intent, refund, dispute]
  for (const object of all) expect([object, await api.customerOf(object)]).toEqual([object, customer])
  for (const object of ['il_1', 'prod_1', 'constructor_1', '', 'nothing'])
    await expect(api.customerOf(object)).rejects.toMatchObject({ name: 'StripeFailure', kind: 'refused' })
  await expect(api.customerOf('ch_gone')).rejects.toMatchObject({ name: 'StripeFailure', kind: 'missing' })
})
