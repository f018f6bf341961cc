import { expect, test } from 'vitest'
import { readBacklog } from '#stripe/read-backlog.ts'
import { takeTurn } from '#stripe/turn.ts'
import { openWorkshop } from './workshop.ts'

test('the backlog: who waits for what and since when, alerts by code, when the account was last read', async () => {
  const shop = await openWorkshop()
  const { fake, sql, now } = shop
  const at = now()
  expect(await readBacklog(sql, at)).toEqual({
    marks: {},
    oldestSeconds: 0,
    alerts: {},
    accounts: [{ key: 'shop' }],
    remaps: 0,
  })
  const { customer } = await shop.newCustomer()
  fake.subscribe(customer, [{ price: fake.createPrice() }, { price: fake.createPrice() }])
  await shop.receive()
  const worker = shop.openWorker()
  await worker.settled()
  await shop.sql`
    insert into vouchsafe.stripe_marks (tenant_id, account_id, object, since, due_at, state)
    select ${shop.tenant}, ${shop.account.id}, object, ${new Date(at - 90_000)}, ${new Date(at)}, state
    from (values ('cus_w', 'waiting'), ('cus_d', 'dead'), ('cus_u', 'unbound')) m (object, state)`
  await (await takeTurn({ sql, now }, shop.account, 'sweep', at))?.done(at - 30_000)
  await (await takeTurn({ sql, now }, shop.account, 'import', at))?.done(at - 50_000)
  await shop.write(
    (
      tx,
    ) => tx`insert into vouchsafe.stripe_remaps (tenant_id, id, external_ids, everybody, account_id, customer)
      values (${shop.tenant}, ${shop.account.id}, '{price_1}', false, ${shop.account.id}, 'cus_1')`,
  )
  expect(await readBacklog(sql, at)).toEqual({
    marks: { waiting: 1, dead: 1, unbound: 1 },
    oldestSeconds: 90,
    // One customer, though of two prices.
    alerts: { PRICE_UNMAPPED: 1 },
    accounts: [{ key: 'shop', sweptSeconds: 30, importedSeconds: 50 }],
    remaps: 1,
  })
})

test('who lacks nothing is not gone through to count the others', async () => {
  const { sql, tenant, account, write, openPool, now } = await openWorkshop()
  await write(
    (tx) => tx`
    insert into vouchsafe.stripe_states (tenant_id, account_id, customer, state, matches, alerts, fetched_at)
    select ${tenant}, ${account.id}, 'cus_' || n, '{}', '{}',
      case n when 7 then '{PRICE_UNMAPPED price_1}' else '{}' end::text[], now()
    from generate_series(1, 20000) n`,
  )
  await sql`analyze vouchsafe.stripe_states`
  const one = openPool(1)
  const scans = async () => {
    await one`select pg_stat_force_next_flush()`
    const [row] = await one`select seq_scan from pg_stat_user_tables where relname = 'stripe_states'`
    return row
  }
  const before = await scans()
  expect((await readBacklog(one, now())).alerts).toEqual({ PRICE_UNMAPPED: 1 })
  expect(await scans()).toEqual(before)
  await one.end()
})
