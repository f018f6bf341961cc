import Stripe from 'stripe'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type FakeStripe, startFakeStripe } from './fake/start-fake-stripe.ts'

// The first value of each kind has its schema compiled.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 120_000 })

let fake: FakeStripe
beforeAll(async () => {
  fake = await startFakeStripe()
})
afterAll(async () => {
  expect(fake.mistakes).toEqual([])
  await fake.close()
})

const get = async (path: string) => {
  const response = await fetch(fake.url + path, { headers: { authorization: `Bearer ${fake.key}` } })
  return (await response.json()) as { data: { id: string }[]; has_more: boolean; error?: { code: string } }
}
const types = (from: number) =>
  fake
    .events()
    .slice(from)
    .map((event) => event.type)

test('every act leaves objects and events that Stripe could have sent', async () => {
  const pro = fake.createPrice({ lookup_key: 'pro' })
  const seat = fake.createPrice()
  const ebook = fake.createPrice({ once: true })
  const customer = fake.createCustomer()
  fake.updateCustomer(customer, { note: 'a' })
  const active = fake.subscribe(customer, [{ price: pro }, { price: seat, quantity: 3 }])
  fake.updateItems(active, [{ price: seat, quantity: 5 }])
  fake.setQuantity(fake.itemsOf(active)[0] ?? '', 6)
  fake.addItem(active, { price: pro })
  fake.failPayment(active)
  fake.writeOff(active)
  fake.pay(active)
  fake.renew(active)
  fake.dispute(fake.chargeOfPeriod(active) ?? '')
  fake.cancelAtPeriodEnd(active)
  fake.keepAfterAll(active)
  fake.cancelAt(active, Date.now() + 1e9)
  fake.pauseCollection(active)
  fake.resumeCollection(active)
  fake.cancel(active)
  const trial = fake.subscribe(customer, [{ price: pro }], { trialDays: 14 })
  fake.pause(trial)
  fake.resume(trial)
  fake.setStatus(trial, 'unpaid')
  fake.subscribe(customer, [{ price: pro }], { status: 'incomplete' })
  const phase = { starts: Date.now(), ends: Date.now() + 1e9, lines: [{ price: pro }] }
  fake.cancelSchedule(fake.schedule(customer, [phase]))
  fake.releaseSchedule(fake.schedule(customer, [phase], trial))
  fake.completeSchedule(fake.schedule(customer, [phase]))
  const bought = fake.completeCheckout({ mode: 'payment', lines: [{ price: ebook }], reference: 'me' })
  const refund = fake.refund(fake.chargeOf(bought), 100)
  fake.failRefund(refund)
  fake.closeDispute(fake.dispute(fake.chargeOf(bought)), 'won')
  const late = fake.completeCheckout(
    { mode: 'payment', lines: [{ price: ebook }], customer },
    { delayed: true },
  )
  fake.settleCheckout(late)
  fake.failCheckout(fake.completeCheckout({ mode: 'payment', lines: [{ price: ebook }] }, { delayed: true }))
  fake.expireCheckout(fake.createCheckout({ mode: 'payment', lines: [{ price: ebook }] }))
  const signed = fake.completeCheckout({ mode: 'subscription', lines: [{ price: pro }], trialDays: 3 })
  fake.setFeatures(customer, ['sso', 'export'])
  const sold = fake.createProduct()
  fake.offer(sold, ['sso'])
  const bill = fake.bill(customer, [{ price: ebook }])
  fake.payBill(bill)
  fake.refund(fake.chargeOf(bill))
  fake.credit(fake.billPaid(customer, [{ price: ebook }], { by: 'cash' }))
  for (const path of [
    `/v1/customers/${customer}`,
    `/v1/subscriptions?customer=${customer}&status=all&limit=100`,
    `/v1/subscription_items?subscription=${trial}`,
    `/v1/subscription_schedules?customer=${customer}&expand[0]=data.phases.items.price`,
    `/v1/checkout/sessions?customer=${customer}&status=complete`,
    `/v1/checkout/sessions/${bought}/line_items`,
    `/v1/charges/${fake.chargeOf(bought)}`,
    '/v1/payment_intents',
    '/v1/refunds',
    '/v1/disputes',
    `/v1/invoices?subscription=${active}`,
    `/v1/entitlements/active_entitlements?customer=${customer}`,
    `/v1/invoices?customer=${customer}&status=paid`,
    `/v1/invoices/${bill}/lines?expand[0]=data.pricing.price_details.price`,
    `/v1/invoice_payments?invoice=${bill}&expand[0]=data.payment.payment_intent.latest_charge`,
    `/v1/invoice_payments?payment[type]=payment_intent&expand[0]=data.invoice`,
    `/v1/products/${sold}/features`,
    `/v1/charges?customer=${customer}`,
    '/v1/refunds?expand[0]=data.charge',
    '/v1/events?delivery_success=false&limit=100',
    '/v1/prices',
    '/v1/products',
  ])
    expect((await get(path)).error).toBeUndefined()
  fake.deleteCustomer(fake.customerOf(signed) ?? '')
  expect(await get(`/v1/customers/${fake.customerOf(signed)}`)).toMatchObject({ deleted: true })
  expect(fake.mistakes).toEqual([])
})

test('a subscription that is not paid says so in the order of Stripe', () => {
  const subscription = fake.subscribe(fake.createCustomer(), [{ price: fake.createPrice() }])
  const from = fake.events().length
  fake.failPayment(subscription)
  fake.pay(subscription)
  expect(types(from)).toEqual([
    'invoice.created',
    'invoice.finalized',
    'invoice.payment_failed',
    'customer.subscription.updated',
    'invoice.paid',
    'invoice.payment_succeeded',
    'customer.subscription.updated',
  ])
})

test('lists go by pages, newest first, and refuse a cursor that is gone', async () => {
  const customer = fake.createCustomer()
  const price = fake.createPrice()
  const made = [1, 2, 3].map(() => fake.subscribe(customer, [{ price }]))
  expect(fake.mistakes).toEqual([])
  const first = await get(`/v1/subscriptions?customer=${customer}&limit=2`)
  expect([first.data.map(({ id }) => id), first.has_more]).toEqual([[made[2], made[1]], true])
  const rest = await get(`/v1/subscriptions?customer=${customer}&limit=2&starting_after=${made[1]}`)
  expect([rest.data.map(({ id }) => id), rest.has_more]).toEqual([[made[0]], false])
  expect(await get('/v1/subscriptions?starting_after=sub_gone')).toMatchObject({
    error: { code: 'resource_missing' },
  })
})

test('what it signs is what the package verifies, and a delivered event is not undelivered', () => {
  const [event] = fake.undelivered()
  if (!event) throw new Error('no event')
  const { body, headers } = fake.sign(event, 'whsec_test')
  const verified = Stripe.webhooks.constructEvent(body, headers['stripe-signature'], 'whsec_test')
  expect(verified.id).toBe(event.id)
  fake.markDelivered(event.id)
  expect(fake.undelivered()).not.toContain(event)
})

test('an answer that Stripe would not give is counted as a mistake of the fake', async ({ skip }) => {
  const bent = await startFakeStripe()
  try {
    if (bent.unchecked) skip(bent.unchecked)
    const customer = bent.createCustomer()
    bent.thing('customer', customer).tier = 'gold'
    await fetch(`${bent.url}/v1/customers/${customer}`, { headers: { authorization: `Bearer ${bent.key}` } })
    expect(bent.mistakes.map(String)).toEqual([expect.stringContaining('tier')])
    expect(() => bent.subscribe(customer, [], { status: 'asleep' })).toThrow(/not like Stripe/)
  } finally {
    await bent.close()
  }
})
