import { expect, onTestFinished } from 'vitest'
import { addOrganization } from '#admin/organizations.ts'
import { resolveTarget } from '#admin/resolve-target.ts'
import type { Sql } from '#postgres/pool.ts'
import { newId } from '#postgres/uuid.ts'
import type { StripeAccount } from '#stripe/account.ts'
import { createStripeApi } from '#stripe/api/create-api.ts'
import { envelopeOf } from '#stripe/envelope.ts'
import { importPurchases } from '#stripe/import-purchases.ts'
import { createInbox } from '#stripe/inbox.ts'
import { leaseMs } from '#stripe/lease.ts'
import { reconcile } from '#stripe/reconcile.ts'
import { sweep } from '#stripe/sweep.ts'
import { createWorker, type Worker } from '#stripe/work.ts'
import { feature, featured, nothingBought, perform, prices, rightsOf, textOf } from './bought.ts'
import { startFakeStripe } from './fake/start-fake-stripe.ts'
import type { StripeEvent } from './fake/store.ts'
import type { Step } from './histories.ts'
import { openWorkshop, type Workshop } from './workshop.ts'

/** Its workers come one after another, and what each has of the database costs: a new connection plans all anew. */
type ModelShop = Workshop & {
  /** Of who works now. */
  readonly pool: () => Sql
  /** Cuts off the statements of who works now. Nothing that it still does reaches the database. */
  readonly cut: () => Promise<void>
}

/** Sells plans, seats of one, and a product, which a feature gives too. */
export async function openModelShop(): Promise<ModelShop> {
  const shop = await openWorkshop({ prices })
  await shop.write(async (tx) => {
    const { plan_version_id } = await resolveTarget(tx, shop.tenant, { plan: 'team' })
    await shop.mapPrice(tx, prices.staff, { plan_version_id, quantity: 'seats', pool: 'staff' })
    const { product_id } = await resolveTarget(tx, shop.tenant, { product: 'course' })
    await shop.mapPrice(tx, feature, { product_id, match: 'feature' })
  })
  const open = () => shop.openPool(3)
  let pool = open()
  onTestFinished(() => pool.end({ timeout: 1 }))
  return {
    ...shop,
    pool: () => pool,
    async cut() {
      await pool.end({ timeout: 0 })
      pool = open()
    },
  }
}

/**
 * Lives through a history at a Stripe and an account of its own, and holds what came of it against the model. Workers
 * are killed on the way, Stripe fails now and then; events are lost, late, repeated and out of order.
 */
export async function live(shop: ModelShop, history: readonly Step[]): Promise<void> {
  const { clock, now, tenant } = shop
  const fake = await startFakeStripe({ now, checked: false, tag: newId().slice(-8) })
  for (const price of [prices.pro, prices.team, prices.staff]) fake.createPrice({}, price)
  fake.offer(String(fake.thing('price', prices[featured]).product), [feature])
  fake.createPrice({ once: true }, prices.course)
  const account = await addAccount(shop)
  const api = createStripeApi({
    secret: () => fake.key,
    base: new URL(fake.url),
    perSecond: 100_000,
    // Who is told to wait comes again when the clock was moved.
    longestWaitMs: 0,
    now,
    clock: now,
  })
  const inbox = createInbox({ sql: shop.sql, wake: () => undefined })

  function open(): Worker {
    const silent = () => undefined
    return createWorker({
      sql: shop.pool(),
      api,
      accounts: () => [account],
      now,
      random: () => 0.5,
      log: { info: silent, warn: silent, error: silent },
      pollMs: 600_000,
      graceMs: 0,
    })
  }

  const people = await Promise.all(
    [false, false, true].map(async (isOrganization) => {
      const customer = fake.createCustomer()
      const id = isOrganization ? await newOrganization(shop) : await shop.newSubject()
      const holder = isOrganization ? { organization_id: id } : { subject_id: id }
      await shop.bind(customer, holder, account)
      await shop.grantByAdmin(holder, 'team')
      return { customer, id, bought: nothingBought(isOrganization) }
    }),
  )
  const byAdmin = () => shop.sql`
    select to_jsonb(g) as row from vouchsafe.grants g
    where tenant_id = ${tenant} and source = 'admin'
      and coalesce(subject_id, organization_id) = any(${people.map(({ id }) => id)}) order by id`
  const before = await byAdmin()
  for (const { id } of fake.undelivered()) fake.markDelivered(id)
  // Whoever bought nothing yet need not be fetched for that.
  await shop.sql`delete from vouchsafe.stripe_marks where account_id = ${account.id}`

  const receive = (events: readonly StripeEvent[]) =>
    Promise.all(
      events.map((event) => {
        const envelope = envelopeOf(event)
        return envelope && inbox.receive(account, envelope, 'push')
      }),
    )
  let worker = open()
  const closing = [worker]
  const late: StripeEvent[] = []
  for (const step of history) {
    const person = people[step.person]
    if (!person) continue
    perform(fake, person.customer, person.bought, step)
    const arriving: StripeEvent[] = []
    for (const [index, event] of fake.undelivered().entries()) {
      const post = step.post[index % step.post.length]
      if (post === 'now') arriving.unshift(event)
      if (post === 'twice') arriving.unshift(event, event)
      if (post === 'late') late.push(event)
      // What is about a subscription is lost for good; the rest Stripe keeps as undelivered.
      if (post !== 'lost' || /^(customer|invoice)\./.test(event.type)) fake.markDelivered(event.id)
    }
    if (step.fault) fake.failOnce('/v1/', step.fault.kind, step.fault.skip)
    await receive(arriving)
    worker.wake()
    if (step.calm) await rest()
    if (step.kill === undefined) continue
    for (let turn = 0; turn < step.kill; turn++) await new Promise((next) => setImmediate(next))
    // At rest it has none.
    if (!step.calm) await shop.cut()
    worker = open()
    closing.push(worker)
  }
  await receive(late.reverse())
  fake.up()
  const parts = { sql: shop.sql, api, inbox, now, wake: worker.wake }
  await rest()
  // Where no news was lost there is nothing to be found out.
  if (!history.some(({ post }) => post.includes('lost'))) await compare()
  await Array.fromAsync(sweep(parts, account, now()))
  await Array.fromAsync(reconcile(parts, account, now()))
  await Array.fromAsync(importPurchases(parts, account, now()))
  await worker.settled()
  await compare()

  /** Leases run out, and pauses end. */
  async function rest() {
    await worker.settled()
    clock.ahead += leaseMs + 3_600_000
    await worker.settled()
  }

  async function compare() {
    for (const { customer, id, bought } of people) {
      const rows = await shop.rights(id)
      const has = rows.filter(({ source, ended }) => source !== 'admin' && !ended).map(textOf)
      expect(has.sort()).toEqual(rightsOf(customer, bought))
    }
  }
  expect(await byAdmin()).toEqual(before)
  const left = await shop.sql`
    select object from vouchsafe.stripe_marks where tenant_id = ${tenant} and account_id = ${account.id}`
  expect(left).toEqual([])
  expect(fake.mistakes).toEqual([])
  for (const each of closing) await each.close().catch(() => undefined)
  await fake.close()
}

async function newOrganization({ write, tenant }: Workshop): Promise<string> {
  const { result } = await write((tx) => addOrganization(tx, tenant, { key: `org-${newId().slice(-12)}` }))
  return result
}

async function addAccount({ write, tenant, account }: Workshop): Promise<StripeAccount> {
  const id = newId()
  const key = `shop-${id.slice(-12)}`
  await write(
    (tx) => tx`
      insert into vouchsafe.stripe_accounts (tenant_id, id, key, livemode, api_key, webhook_secrets)
      values (${tenant}, ${id}, ${key}, false, 'env:SHOP_KEY', '{env:SHOP_SECRET}')`,
  )
  return { ...account, id, key }
}
