import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { reconcile } from '#stripe/reconcile.ts'
import { openWorkshop } from './workshop.ts'

const migration = join(import.meta.dirname, '../../src/postgres/migrations/0018_stripe_at_scale.sql')

test('what was kept before the migration is dated by it, says no invoices, and is not fetched again for that', async () => {
  const shop = await openWorkshop()
  const { sql, fake, price, clock } = shop
  const worker = shop.openWorker()
  const { customer, subject } = await shop.newCustomer()
  const subscription = fake.subscribe(customer, [{ price: price.pro }])
  await shop.receive()
  await worker.settled()
  const dated = () => sql<{ subscription: string; created: number }[]>`
    select subscription, created from vouchsafe.stripe_subscriptions order by 1`
  const before = await dated()
  expect(before).toEqual([
    { subscription, created: Number(fake.thing('subscription', subscription).created) * 1000 },
  ])

  // As it was.
  await sql.unsafe(`
    alter table vouchsafe.stripe_subscriptions drop column created;
    alter table vouchsafe.stripe_progress drop column importing_until, drop column imported_at, drop column importing_after;
    drop table vouchsafe.stripe_remaps`)
  await shop.write(
    (tx) =>
      tx`update vouchsafe.stripe_states set state = state - 'invoices' where tenant_id = ${shop.tenant}`,
  )
  await sql.begin(async (tx) => tx.unsafe(await readFile(migration, 'utf8')))

  expect(await dated()).toEqual(before)
  const forced = await sql`
    select from pg_class where relname in ('stripe_subscriptions', 'stripe_states') and relforcerowsecurity`
  expect(forced).toHaveLength(2)
  clock.ahead += 3_600_000
  const parts = { sql, api: shop.openApi(), now: shop.now, wake: () => undefined }
  await Array.fromAsync(reconcile(parts, shop.account, shop.now()))
  expect(await shop.marks()).toEqual([])
  fake.setQuantity(fake.itemsOf(subscription)[0] ?? '', 2)
  await shop.receive()
  await worker.settled()
  expect(await shop.plansOf(subject)).toEqual(['pro'])
})
