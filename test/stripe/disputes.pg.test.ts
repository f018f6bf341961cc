import { expect, test } from 'vitest'
import { newId } from '#postgres/uuid.ts'
import { openWorkshop } from './workshop.ts'

async function openPaid() {
  const shop = await openWorkshop()
  const { customer, subject } = await shop.newCustomer()
  const reference = await shop.grantByAdmin(subject, 'team')
  const subscription = shop.fake.subscribe(customer, [{ price: shop.price.pro }])
  const worker = shop.openWorker()
  const settle = async () => {
    await shop.receive()
    worker.wake()
    await worker.settled()
  }
  await settle()
  const charge = shop.fake.chargeOfPeriod(subscription) ?? ''
  return { ...shop, subject, reference, subscription, charge, settle }
}

test('S004-31 refunds of a period, in part or in full, take nothing: Stripe goes on with the subscription', async () => {
  const { fake, charge, settle, plansOf, subject, events, marks } = await openPaid()
  fake.refund(charge, 300)
  await settle()
  expect(await plansOf(subject)).toEqual(['pro', 'team'])
  fake.refund(charge)
  await settle()
  expect(await plansOf(subject)).toEqual(['pro', 'team'])
  // All of it was seen, and nobody waits.
  expect((await events()).filter(({ status }) => status === 'received')).toEqual([])
  expect(await marks()).toEqual([])
})

test('S004-31 S001-33 a dispute of a period suspends until it is closed; what is lost comes back when it is paid again', async () => {
  const { fake, clock, charge, settle, plansOf, subject, subscription, sql, tenant } = await openPaid()
  const dispute = fake.dispute(charge)
  await settle()
  expect(await plansOf(subject)).toEqual(['team'])
  const [ended] = await sql`
    select g.revoke_reason from vouchsafe.grants g where g.tenant_id = ${tenant} and g.source = 'stripe'`
  expect(Object.values(ended ?? {})).toEqual([
    `subscription ${subscription} is active, a payment is disputed`,
  ])
  fake.closeDispute(dispute, 'won')
  await settle()
  expect(await plansOf(subject)).toEqual(['pro', 'team'])

  clock.ahead += 30 * 86_400_000
  fake.renew(subscription)
  fake.closeDispute(fake.dispute(fake.chargeOfPeriod(subscription) ?? ''), 'lost')
  await settle()
  expect(await plansOf(subject)).toEqual(['team'])
  clock.ahead += 30 * 86_400_000
  fake.renew(subscription)
  await settle()
  expect(await plansOf(subject)).toEqual(['pro', 'team'])
})

test('S004-21 a tenant that keeps what is disputed takes it when it is lost', async () => {
  const { fake, charge, settle, plansOf, subject, write, tenant } = await openPaid()
  await write(async (tx) => {
    const rule = { tenant_id: tenant, id: newId(), on_dispute: 'keep' }
    await tx`insert into vouchsafe.lifecycles ${tx(rule)}`
  })
  const dispute = fake.dispute(charge)
  await settle()
  expect(await plansOf(subject)).toEqual(['pro', 'team'])
  fake.closeDispute(dispute, 'lost')
  await settle()
  expect(await plansOf(subject)).toEqual(['team'])
})
