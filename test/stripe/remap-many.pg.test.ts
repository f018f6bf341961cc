import { expect, test } from 'vitest'
import { resolveTarget } from '#admin/resolve-target.ts'
import { newId } from '#postgres/uuid.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { applyRemaps } from '#stripe/apply-remaps.ts'
import { remap } from '#stripe/remap.ts'
import { newTenant } from '#test/postgres/new-tenant.ts'
import { openWorkshop, type Workshop } from './workshop.ts'

/** Who bought something that is not mapped yet, as they are kept. */
async function keepBuyers({ write, tenant, account }: Workshop, price: string, count: number) {
  await write(
    (tx) => tx`
    with made as (
      select n, gen_random_uuid() as subject from generate_series(1, ${count}::integer) n
    ), subjects as (
      insert into vouchsafe.subjects (tenant_id, id, kind) select ${tenant}, subject, 'user' from made
    ), customers as (
      insert into vouchsafe.stripe_customers (tenant_id, id, account_id, customer, subject_id, bound_by, bound_at)
      select ${tenant}, gen_random_uuid(), ${account.id}, 'cus_' || lpad(n::text, 5, '0'), subject, 'admin', now() from made
    )
    insert into vouchsafe.stripe_states (tenant_id, account_id, customer, state, matches, fetched_at)
    select ${tenant}, ${account.id}, 'cus_' || lpad(n::text, 5, '0'), jsonb_build_object(
      'customer', 'cus_' || lpad(n::text, 5, '0'), 'deleted', false, 'subscriptions', '[]'::jsonb, 'schedules', '[]'::jsonb,
      'features', '[]'::jsonb, 'invoices', '[]'::jsonb, 'checkouts', jsonb_build_array(jsonb_build_object('id', 'cs_' || n,
        'mode', 'payment', 'created', 0, 'paid', true, 'refunded', 'none', 'disputed', 'none',
        'lines', jsonb_build_array(jsonb_build_object('price', ${price}::text, 'product', 'prod_1'))))),
      array[${price}::text, 'prod_1'], now() from made`,
  )
}

async function mapAnew(shop: Workshop, external_id: string, more: object = {}) {
  const { result } = await shop.write(async (tx) => {
    const { plan_version_id } = await resolveTarget(tx, shop.tenant, { plan: 'pro' })
    await shop.mapPrice(tx, external_id, { plan_version_id, ...more })
    return remap(tx, { tenant: shop.tenant, actor: 'clr_admin', now: shop.now() }, [external_id])
  })
  return result
}

const granted = async ({ sql }: Workshop) => {
  const [row] = await sql<{ all: number; holders: number }[]>`
    select count(*)::integer as all, count(distinct subject_id)::integer as holders from vouchsafe.grants where revoked_at is null`
  return row
}
const slices = ({ sql, tenant }: Workshop) => sql<{ customers: number }[]>`
  select count(*) filter (where e.table_name = 'grants')::integer as customers
  from vouchsafe.change c join vouchsafe.effect e using (tenant_id, epoch, xid)
  where c.tenant_id = ${tenant} and c.action = 'PriceMappingApplied' group by c.revision order by c.revision`

test('S001-6 F43 a mapping of very many is applied slice by slice; who is killed in between loses none, and asks Stripe nothing', async () => {
  const shop = await openWorkshop()
  const { sql, now, fake } = shop
  await keepBuyers(shop, 'price_new', 800)
  expect(await mapAnew(shop, 'price_new')).toBe(500)
  expect(await granted(shop)).toEqual({ all: 500, holders: 500 })
  expect(await shop.marks()).toHaveLength(500)

  const log = { warn: () => undefined }
  const mortal = shop.openPool()
  let commits = 0
  const killed = applyRemaps({
    sql: mortal,
    now,
    wake: () => undefined,
    log,
    everyMs: 3_600_000,
    // A process that is gone in the middle of the next slice.
    committed: () => void (++commits === 3 && setImmediate(() => void mortal.end({ timeout: 0 }))),
  })
  await killed.settled()
  await killed.close()
  const half = (await granted(shop))?.all ?? 0
  expect(half).toBeGreaterThanOrEqual(650)
  expect(half).toBeLessThan(800)

  // Two at once share them.
  const others = [1, 2].map(() => applyRemaps({ sql, now, wake: () => undefined, log, everyMs: 3_600_000 }))
  await Promise.all(others.map(({ settled }) => settled()))
  await others[0]?.settled()
  for (const { close } of others) await close()
  expect(await granted(shop)).toEqual({ all: 800, holders: 800 })
  expect(await sql`select from vouchsafe.stripe_remaps`).toHaveLength(0)
  const sizes = (await slices(shop)).map(({ customers }) => customers)
  expect(sizes.reduce((sum, one) => sum + one, 0)).toBe(300)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(50)
  expect(await shop.marks()).toHaveLength(500)
  expect(fake.requests).toEqual([])
})

test('S001-6 a mapping that cannot be applied, or one of very many, keeps no other tenant waiting', async () => {
  const shop = await openWorkshop()
  const { sql, now } = shop
  const [broken, other] = [await newTenant(sql), await newTenant(sql)]
  const waits = (tenant: string) =>
    withTenant(
      sql,
      { tenant, actor: 'test', action: 'Prepare' },
      (tx) => tx`
        insert into vouchsafe.stripe_remaps (tenant_id, id, external_ids, everybody, account_id, customer)
        values (${tenant}, ${newId()}, '{price_new}', false, ${newId()}, '')`,
    )
  await waits(broken)
  await keepBuyers(shop, 'price_new', 600)
  await mapAnew(shop, 'price_new')
  await waits(other)
  await sql.unsafe(`create function vouchsafe.break_remaps() returns trigger language plpgsql as
    $$ begin raise exception 'broken'; end $$;
    create trigger break_remaps before delete on vouchsafe.stripe_remaps for each row
    when (old.tenant_id = '${broken}') execute function vouchsafe.break_remaps()`)
  const warned: object[] = []
  let slices = 0
  const open = (stopsAfter?: number) => {
    const remaps = applyRemaps({
      sql,
      now,
      wake: () => void (++slices === stopsAfter && remaps.close()),
      log: { warn: (fields) => void warned.push(fields) },
      everyMs: 3_600_000,
    })
    return remaps
  }
  const left = async () =>
    (await sql<{ tenant_id: string }[]>`select tenant_id from vouchsafe.stripe_remaps order by id`).map(
      ({ tenant_id }) => tenant_id,
    )
  await open(2).settled()
  expect(await left()).toEqual([broken, shop.tenant])
  const remaps = open()
  await remaps.settled()
  await remaps.close()
  expect(await left()).toEqual([broken])
  expect(warned).toMatchObject([{ tenant: broken }, { tenant: broken }])
  expect(await granted(shop)).toEqual({ all: 600, holders: 600 })
})

test('a dry run leaves nothing to be done; nor does a mapping that few bought', async () => {
  const shop = await openWorkshop()
  await keepBuyers(shop, 'price_new', 20)
  await expect(
    shop.write(async (tx) => {
      await remap(tx, { tenant: shop.tenant, actor: 'clr_admin', now: shop.now() }, ['price_new'])
      throw new Error('only tried')
    }),
  ).rejects.toThrow('only tried')
  expect(await mapAnew(shop, 'price_new')).toBe(20)
  expect(await shop.sql`select from vouchsafe.stripe_remaps`).toHaveLength(0)
})

test('the first feature that is mapped has everybody fetched, but few at a time', async () => {
  const shop = await openWorkshop()
  const { sql, now } = shop
  await keepBuyers(shop, 'price_old', 1020)
  expect(await mapAnew(shop, 'sso', { match: 'feature' })).toBe(500)
  expect(await shop.marks()).toHaveLength(500)
  const remaps = applyRemaps({
    sql,
    now,
    wake: () => undefined,
    log: { warn: () => undefined },
    everyMs: 3_600_000,
  })
  const fetchAll = () => sql`delete from vouchsafe.stripe_marks`
  await remaps.settled()
  expect(await shop.marks()).toHaveLength(500)
  await fetchAll()
  for (const marked of [200, 200, 120]) {
    await remaps.settled()
    expect(await shop.marks()).toHaveLength(marked)
    await fetchAll()
  }
  expect(await sql`select from vouchsafe.stripe_remaps`).toHaveLength(0)
  await remaps.close()
})
