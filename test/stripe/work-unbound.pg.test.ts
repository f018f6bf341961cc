import { expect, test } from 'vitest'
import { bindCustomer } from '#stripe/bind.ts'
import { remap } from '#stripe/remap.ts'
import { addEntitlement } from '#test/fixtures/catalogue.ts'
import { openWorkshop, type Workshop } from './workshop.ts'

const by = ({ tenant, now }: Workshop) => ({ tenant, actor: 'caller_1', now: now() })

test('C-10 an event of somebody who is not bound yet is kept, asks Stripe once, and is applied when somebody binds', async () => {
  const shop = await openWorkshop()
  const { fake, price } = shop
  const worker = shop.openWorker()
  const customer = fake.createCustomer()
  fake.subscribe(customer, [{ price: price.pro }])
  await shop.receive()
  await worker.settled()
  expect(await shop.rights()).toEqual([])
  expect(await shop.marks()).toMatchObject([{ object: customer, state: 'unbound', error: null }])
  const waiting = (await shop.events()).filter(({ marks }) => marks === customer)
  expect(waiting.map(({ status }) => status)).toEqual(waiting.map(() => 'received'))
  const asked = fake.requests.length
  shop.clock.ahead += 3_600_000
  await worker.settled()
  expect(fake.requests.length).toBe(asked)

  const subject = await shop.newSubject()
  await shop.write((tx) =>
    bindCustomer(tx, by(shop), { account: 'shop', customer, holder: { subject: `sub_${subject}` } }),
  )
  expect(await shop.plansOf(subject), 'at once').toEqual(['pro'])
  await worker.settled()
  expect(await shop.marks()).toEqual([])
  expect((await shop.events()).filter(({ status }) => status === 'received')).toEqual([])
})

test('S002-35 a checkout that names somebody binds its customer, and its events wait no longer', async () => {
  const shop = await openWorkshop()
  const { fake, price } = shop
  const worker = shop.openWorker()
  const subject = await shop.newSubject()
  fake.completeCheckout({ mode: 'subscription', lines: [{ price: price.pro }], reference: `sub_${subject}` })
  await shop.receive()
  await worker.settled()
  expect(await shop.plansOf(subject)).toEqual(['pro'])
  expect(await shop.marks()).toEqual([])
  expect((await shop.events()).filter(({ status }) => status === 'received')).toEqual([])
})

test('a guest stands for itself; what is refunded is found by the charge', async () => {
  const shop = await openWorkshop()
  const { fake, price } = shop
  const worker = shop.openWorker()
  const subject = await shop.newSubject()
  const session = fake.completeCheckout({
    mode: 'payment',
    lines: [{ price: price.course }],
    reference: `sub_${subject}`,
  })
  await shop.receive()
  await worker.settled()
  expect(await shop.rights(subject)).toMatchObject([
    { product: 'course', source: 'purchase', source_ref: session },
  ])
  fake.refund(fake.chargeOf(session))
  const refund = fake.undelivered()
  expect(refund.length).toBeGreaterThan(0)
  await shop.receive()
  await worker.settled()
  expect(await shop.rights(subject)).toEqual([])
  expect(await shop.marks()).toEqual([])
  const ended = (await shop.events()).filter(({ event_id }) => refund.some(({ id }) => id === event_id))
  expect(ended.map(({ status, marks }) => ({ status, marks }))).toEqual(
    refund.map(() => ({ status: 'processed', marks: session })),
  )
})

test('what is mapped later is given to all who bought it before; until then it is an alert', async () => {
  const shop = await openWorkshop()
  const { fake } = shop
  const worker = shop.openWorker()
  const unmapped = fake.createPrice()
  const { customer, subject } = await shop.newCustomer()
  fake.subscribe(customer, [{ price: unmapped }])
  await shop.receive()
  await worker.settled()
  expect(await shop.rights(subject)).toEqual([])
  expect(shop.log.map(({ fields }) => fields)).toContainEqual({
    code: 'PRICE_UNMAPPED',
    about: unmapped,
    account: 'shop',
    customer,
  })
  await shop.write(async (tx) => {
    const entitlement = await addEntitlement(tx, shop.tenant, { key: 'later' })
    await shop.mapPrice(tx, unmapped, { entitlement_id: entitlement })
    await remap(tx, by(shop), [unmapped])
  })
  expect(await shop.rights(subject)).toHaveLength(1)
  await worker.settled()
  expect(await shop.rights(subject)).toHaveLength(1)
})

test('S001-32 S001-33 a customer that was deleted meanwhile has no rights; its subject and an administrator’s grant stay', async () => {
  const shop = await openWorkshop()
  const { fake, price } = shop
  const worker = shop.openWorker()
  const { customer, subject } = await shop.newCustomer()
  const adminGrant = await shop.grantByAdmin(subject, 'team')
  fake.subscribe(customer, [{ price: price.pro }])
  await shop.receive()
  await worker.settled()
  expect(await shop.plansOf(subject)).toEqual(['pro', 'team'])
  fake.deleteCustomer(customer)
  // Only what came before the deletion arrives.
  await shop.receive(fake.undelivered().slice(0, 1))
  await worker.settled()
  expect(await shop.rights(subject)).toMatchObject([
    { plan: 'team', source: 'admin', source_ref: adminGrant },
  ])
  expect(await shop.marks()).toEqual([])
})

test('what concerns no customer is settled, and asked for once', async () => {
  const shop = await openWorkshop()
  const worker = shop.openWorker()
  const left = shop.fake.createCheckout({ mode: 'payment', lines: [{ price: shop.price.course }] })
  await shop.write((tx) => tx`select vouchsafe.mark_stripe(${shop.account.id}, ${left}, now())`)
  await worker.settled()
  expect(await shop.marks()).toEqual([])
})

test('an id of a kind that is not known is not taken for nobody’s: it waits, and is given up for all to see', async () => {
  const shop = await openWorkshop()
  const worker = shop.openWorker()
  await shop.write((tx) => tx`select vouchsafe.mark_stripe(${shop.account.id}, 'new_1', now())`)
  await worker.settled()
  expect(await shop.marks()).toMatchObject([{ object: 'new_1', state: 'waiting', attempts: 1 }])
  for (let n = 0; n < 20; n++) {
    shop.clock.ahead += 400_000
    await worker.settled()
  }
  expect(await shop.marks()).toMatchObject([
    { state: 'dead', error: 'refused: it is not known whose such a thing is' },
  ])
  expect(shop.fake.requests).toEqual([])
})

test('seats that are taken set what is bought, once; the echo of it is no reason to write again', async () => {
  const shop = await openWorkshop()
  const { fake } = shop
  const worker = shop.openWorker()
  const team = await shop.seatPool('crew')
  const subscription = fake.subscribe(team.customer, [{ price: team.price, quantity: 5 }])
  const [item = ''] = fake.itemsOf(subscription)
  const quantity = () => fake.thing('subscription_item', item).quantity
  const writes = () => fake.requests.filter(({ method }) => method === 'POST').length
  await shop.receive()
  await worker.settled()
  expect(quantity()).toBe(1)
  for (let n = 0; n < 3; n++) await team.seat(await shop.newSubject())
  await worker.settled()
  expect(quantity()).toBe(3)
  const written = writes()
  for (let n = 0; n < 3; n++) {
    await shop.receive()
    await worker.settled()
  }
  expect(writes()).toBe(written)
  expect(await shop.marks()).toEqual([])

  // A number that somebody set at Stripe is set back; where Stripe refuses it, it is tried again.
  fake.setQuantity(item, 9)
  fake.failOnce('/v1/subscription_items/', 500)
  await shop.receive()
  await worker.settled()
  expect(await shop.marks()).toMatchObject([{ object: team.customer, state: 'waiting' }])
  shop.clock.ahead += 600_000
  await worker.settled()
  expect(quantity()).toBe(3)
  expect(await shop.marks()).toEqual([])
})
