import { afterAll, beforeAll, expect, test } from 'vitest'
import { PriceService } from '#gen/vouchsafe/admin/v1/price_service_pb.ts'
import { StripeService } from '#gen/vouchsafe/admin/v1/stripe_service_pb.ts'
import { SubjectService } from '#gen/vouchsafe/admin/v1/subject_service_pb.ts'
import { devIss } from '#main/dev-issuer.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { finished } from '#test/process/vouchsafe.ts'
import { type FakeStripe, startFakeStripe } from './fake/start-fake-stripe.ts'

const key = 'sk_test_3Jd8QvTz5WmXb7RkLp2N'
const stripe = StripeService.method
const tenant = 'acme'

let fake: FakeStripe
let server: Server
beforeAll(async () => {
  fake = await startFakeStripe({ key, checked: false })
  server = await startServer({
    STRIPE_API_BASE: fake.url,
    STRIPE_SECRET_KEY: key,
    VOUCHSAFE_STRIPE_REQUESTS: '1000',
  })
})
afterAll(async () => {
  await server?.stop()
  await fake?.close()
})

const run = async (...args: readonly string[]) => {
  const env = { VOUCHSAFE_SERVER: server.grpc, VOUCHSAFE_KEY: server.key, NO_COLOR: '1' }
  return finished(['stripe', ...args, '--tenant', tenant], { env })
}

test('S001-49 connect makes an account known, tries it, and says what is left to do; again it changes nothing', async () => {
  const first = await run('connect', 'shop', '--url', 'https://rights.test/')
  // The signing secret is not there yet.
  expect(first.code).toBe(1)
  expect(first.out).toContain('The Stripe account shop is known now.')
  expect(first.out).toContain('Stripe took its key: it is acct_fake.')
  expect(first.out).toContain('no signing secret at env:STRIPE_WEBHOOK_SECRET')
  expect(first.out).toContain('https://rights.test/webhooks/stripe/shop')
  expect(first.out).toContain('customer.subscription.updated')
  expect(first.out).not.toContain(key)
  const stored = async () =>
    (await server.operator.call(stripe.getStripeAccount)({ account: 'shop', tenant })).account?.account
  expect(await stored()).toBe('acct_fake')
  const again = await run('connect', 'shop', '--json')
  expect(JSON.parse(again.out)).toMatchObject({ key: 'shop', made: false, ok: false, account: 'acct_fake' })
  // What somebody said is not replaced.
  const said = { key: 'shop', account: 'acct_another' }
  await server.operator.call(stripe.updateStripeAccount)({
    account: said,
    updateMask: { paths: ['account'] },
    tenant,
  })
  expect((await run('connect', 'shop')).out).toContain('The key is one of acct_fake')
  expect(await stored()).toBe('acct_another')
  const other = await run('connect', 'shop', '--live')
  expect(other.code).toBe(65)
  const hostile = await run('connect', 'hostile', '--api-key', 'env:DATABASE_URL')
  expect(hostile.code).toBe(64)
})

test('sync imports, verify finds drift with exit code 1, replay and inbox show who waits', async () => {
  // The server began by itself when it came to know the account.
  const { sql } = server.place.database
  const imported = () => sql`
    select from vouchsafe.stripe_progress where imported_at is not null and reconciled_at is not null`
  await expect.poll(imported, { timeout: 30_000 }).toHaveLength(1)

  const price = fake.createPrice()
  const target = { case: 'plan', value: 'pro' } as const
  await server.operator.call(PriceService.method.mapPrice)({ mapping: { externalId: price, target }, tenant })
  const [customer, stranger] = [fake.createCustomer(), fake.createCustomer()]
  for (const each of [customer, stranger]) fake.subscribe(each, [{ price }])
  // Nothing but what was billed once tells of this one.
  const billed = fake.createCustomer()
  fake.billPaid(billed, [{ price }])
  const identity = { issuer: devIss, subject: 'vera' }
  await server.operator.call(SubjectService.method.createSubject)({
    subject: { identities: [identity] },
    tenant,
  })
  const holder = { holder: { case: 'identity', value: identity } } as const
  await server.operator.call(stripe.bindCustomer)({ customer, holder, tenant })

  const all = await run('sync')
  expect(all).toMatchObject({ code: 0, err: '' })
  expect(all.out).toMatch(/^Compared with Stripe: [34]\./)
  expect(all.out).toContain('stand for nobody yet: 2.')
  expect((await server.ask('vera', 'docs_paid')).allowed).toBe(true)
  expect(await run('verify')).toMatchObject({
    code: 0,
    out: expect.stringContaining('2 of them stand for nobody'),
  })

  fake.subscribe(customer, [{ price, quantity: 2 }])
  const drift = await run('verify', '--json')
  expect(drift.code).toBe(1)
  expect(JSON.parse((await run('verify', '--json', '--customer', stranger)).out)).toEqual({
    differing: [],
    compared: 1,
    unbound: 1,
  })
  expect((await run('verify')).out).toMatch(new RegExp(`^${customer}\n  missing  `))
  expect(JSON.parse(drift.out)).toMatchObject({
    compared: 3,
    unbound: 2,
    differing: [{ customer, bound: true, drift: [{ kind: 'missing' }] }],
  })
  const one = await run('sync', '--customer', customer)
  expect(one).toMatchObject({ code: 0, out: expect.stringContaining('is as Stripe says') })
  expect((await run('verify', '--customer', customer)).code).toBe(0)
  expect((await run('sync', '--customer', stranger)).out).toContain('stands for nobody yet')

  const inbox = await run('inbox')
  expect(inbox.out).toContain('No such event was received.')
  expect(inbox.out).toMatch(new RegExp(`^unbound {2}${stranger}`, 'm'))
  const replayed = await run('replay', '--customer', customer, '--event', 'evt_none')
  expect(replayed).toMatchObject({ code: 65, out: expect.stringContaining('evt_none is not in the inbox') })
  expect((await run('replay')).code).toBe(64)
  expect((await run('inbox', '--last', '0')).code).toBe(64)
})

test('S001-6 what a price gives reaches all who bought it before, however many', async () => {
  const { sql } = server.place.database
  const [account] = await sql<{ tenant_id: string; id: string }[]>`
    select tenant_id, id from vouchsafe.stripe_accounts where key = 'shop'`
  const { tenant_id = '', id = '' } = account ?? {}
  const price = fake.createPrice()
  const many = 560
  await server.write(
    tenant_id,
    (tx) => tx`
      with made as (select n, gen_random_uuid() as subject from generate_series(1, ${many}::integer) n),
      subjects as (
        insert into vouchsafe.subjects (tenant_id, id, kind) select ${tenant_id}, subject, 'user' from made),
      customers as (
        insert into vouchsafe.stripe_customers (tenant_id, id, account_id, customer, subject_id, bound_by, bound_at)
        select ${tenant_id}, gen_random_uuid(), ${id}, 'cus_many' || n, subject, 'admin', now() from made)
      insert into vouchsafe.stripe_states (tenant_id, account_id, customer, state, matches, fetched_at)
      select ${tenant_id}, ${id}, 'cus_many' || n, jsonb_build_object('customer', 'cus_many' || n, 'deleted', false,
        'subscriptions', '[]'::jsonb, 'schedules', '[]'::jsonb, 'checkouts', '[]'::jsonb, 'features', '[]'::jsonb,
        'invoices', jsonb_build_array(jsonb_build_object('id', 'in_many' || n, 'paid_at', 0, 'refunded', 'none',
          'disputed', 'none', 'lines', jsonb_build_array(jsonb_build_object('price', ${price}::text, 'product', 'prod_1'))))),
        array[${price}::text, 'prod_1'], now() from made`,
  )
  const target = { case: 'plan', value: 'pro' } as const
  await server.operator.call(PriceService.method.mapPrice)({ mapping: { externalId: price, target }, tenant })
  const given = async () =>
    (await sql`select from vouchsafe.grants where starts_with(source_ref, 'in_many')`).length
  expect(await given()).toBeGreaterThanOrEqual(500)
  await expect.poll(given, { timeout: 30_000 }).toBe(many)
})

test('who was given up is shown, however many wait', async () => {
  const { sql } = server.place.database
  await sql`
    insert into vouchsafe.stripe_marks (tenant_id, account_id, object, since, due_at, state)
    select tenant_id, id, 'cus_w' || n, now() - interval '1 day', now(), 'unbound'
    from vouchsafe.stripe_accounts, generate_series(1, 1200) n where key = 'shop'`
  await sql`
    insert into vouchsafe.stripe_marks (tenant_id, account_id, object, since, due_at, state)
    select tenant_id, id, 'cus_givenUp', now(), now(), 'dead' from vouchsafe.stripe_accounts where key = 'shop'`
  const shown = await run('inbox')
  expect(shown.out.match(/cus_givenUp/g)).toHaveLength(1)
  expect(shown.out).toContain('Try the dead again')
  expect(shown.out).toContain('… and more')
  const { marks } = JSON.parse((await run('inbox', '--json')).out).marks
  expect(marks[0]).toMatchObject({ object: 'cus_givenUp', state: 'dead' })
})
