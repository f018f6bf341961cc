import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadConfig } from '#config'
import { OrganizationService } from '#gen/vouchsafe/admin/v1/organization_service_pb.ts'
import { ProductService } from '#gen/vouchsafe/admin/v1/product_service_pb.ts'
import { SeatService } from '#gen/vouchsafe/admin/v1/seat_service_pb.ts'
import { StripeService } from '#gen/vouchsafe/admin/v1/stripe_service_pb.ts'
import { devIss } from '#main/dev-issuer.ts'
import { examineTenants } from '#main/doctor/doctor.ts'
import { proveTables } from '#postgres/prove-tables.ts'
import { newId } from '#postgres/uuid.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { bundleFile, type Server, startServer } from '#test/end-to-end/server.ts'
import { freshDatabase } from '#test/postgres/database.ts'
import { newTenant } from '#test/postgres/new-tenant.ts'
import { finished, temporaryFolder } from '#test/process/vouchsafe.ts'
import { hasPooler, startPooler } from './pooler.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
  for (const [key, tenant] of Object.entries(server.place.tenants)) {
    const { call } = server.operator
    await call(ProductService.method.createProduct)({ product: { key: `only-${key}` }, tenant })
    await addStripe(key, tenant)
  }
  // A word that our own texts are full of is a name as any other.
  const globex = server.place.tenants.globex
  const { call } = server.operator
  await call(OrganizationService.method.createOrganization)({
    organization: { key: 'breaks' },
    tenant: globex,
  })
  const pool = { organization: 'breaks', key: 'breaks' }
  await call(SeatService.method.createSeatPool)({ pool, tenant: globex })
})
afterAll(() => server?.stop())

/** A little of everything that Stripe leaves with a tenant. */
async function addStripe(key: string, tenant: string): Promise<void> {
  const { call } = server.operator
  const account = `shop-${key}`
  const secrets = { apiKey: 'env:STRIPE_KEY', webhookSecrets: ['env:STRIPE_SECRET'] }
  await call(StripeService.method.createStripeAccount)({ account: { key: account, ...secrets }, tenant })
  await call(StripeService.method.setLifecycle)({ lifecycle: { onDispute: 'keep' }, tenant })
  const identity = { issuer: devIss, subject: 'alice' }
  const holder = { holder: { case: 'identity', value: identity } } as const
  await call(StripeService.method.bindCustomer)({ customer: `cus_only${key}`, holder, tenant })
  await server.write(
    tenant,
    (tx) => tx`insert into vouchsafe.stripe_events
      (tenant_id, account_id, event_id, type, created, customer, received_at, received_via)
      select tenant_id, id, ${`evt_only${key}`}, 'invoice.paid', now(), ${`cus_only${key}`}, now(), 'push'
      from vouchsafe.stripe_accounts where tenant_id = ${tenant}`,
  )
}

const secret = 'a5VdS0Wqk2nQ7xTz9uPbLr3mYc8eHg1JfNo6iKwXvZs'
type More = Partial<Parameters<typeof examineTenants>[0]>
const examine = (more: More = {}, url = server.place.database.url) => {
  const env = {
    DATABASE_URL: url,
    VOUCHSAFE_SECRET: secret,
    VOUCHSAFE_DATA: server.place.data,
    VOUCHSAFE_BUNDLE: bundleFile,
  }
  return examineTenants({ config: loadConfig({ env }), notice: () => undefined, ...more })
}

test('S003-29 S001-52 V28 F59 F60 V63 V65 no table and no rpc of a healthy server gives anything of another tenant', {
  timeout: 240_000,
}, async () => {
  const { sql } = server.place.database
  const state = () =>
    sql`select tenant_id, revision, chain from vouchsafe.head order by 1`.then((rows) => [...rows])
  const before = await state()
  const { tables, rpcs } = await examine()
  expect(tables.leaks).toEqual([])
  expect(rpcs?.leaks).toEqual([])
  expect(tables.tables).toBeGreaterThan(30)
  expect(tables.filled).toBeGreaterThan(15)
  expect(tables.attempts).toBeGreaterThan(tables.tables * 6)
  expect(rpcs?.rpcs).toBeGreaterThan(20)
  expect(rpcs?.questions).toBeGreaterThan(300)
  // It has changed nothing.
  expect(await state()).toEqual(before)
})

test('V28 a door that reads another tenant’s rows is found, field by field', async () => {
  const { rpcs } = await examine({
    only: /^(ProductService\.GetProduct|AuditService\.GetChange|GrantService\.ListGrants|StripeService\.\w+)$/,
    instead: (needs, theirs) => ({
      ...needs,
      admin: {
        ...needs.admin,
        read: (by, input, command) => needs.admin.read({ ...by, tenant: theirs }, input, command),
      },
      stripe: {
        ...needs.stripe,
        verify: (by, asked, signal) => needs.stripe.verify({ ...by, tenant: theirs }, asked, signal),
      },
    }),
  })
  expect(rpcs?.leaks).toContainEqual(
    expect.objectContaining({ rpc: 'ProductService.GetProduct', field: 'product' }),
  )
  for (const [method, field] of [
    ['GetStripeAccount', 'account'],
    ['ListStripeEvents', 'customer'],
    ['ListCustomers', 'account'],
    ['VerifyCustomers', 'account'],
  ]) {
    expect(rpcs?.leaks).toContainEqual(expect.objectContaining({ rpc: `StripeService.${method}`, field }))
  }
})

test('V28 a refusal that says more of what is there is found too', async () => {
  const { rpcs } = await examine({
    only: /^ProductService\.GetProduct$/,
    instead: (needs, theirs) => ({
      ...needs,
      admin: {
        ...needs.admin,
        read: (by, input, command) =>
          needs.admin.read(by, input, command).catch(async (error: unknown) => {
            await needs.admin.read({ ...by, tenant: theirs }, input, command)
            throw Object.assign(error as Error, { message: 'It is not yours.' })
          }),
      },
    }),
  })
  expect(rpcs?.leaks.map(({ found }) => found)).toContainEqual(expect.stringContaining('It is not yours.'))
})

/** The leaks of a database after something was done to it. */
async function leaksAfter(...statements: readonly string[]) {
  const database = await freshDatabase({ max: 3 })
  try {
    const tenant = await newTenant(database.sql)
    await withTenant(database.sql, { tenant, actor: 'test', action: 'Test' }, async (tx) => {
      await tx`insert into vouchsafe.subjects (tenant_id, id) values (${tenant}, ${newId()})`
    })
    for (const statement of statements) await database.sql.unsafe(statement)
    return (await proveTables(database.sql)).leaks
  } finally {
    await database.drop()
  }
}

test('S001-52 F60 a table whose row security was dropped is named, with rows in it or without', async () => {
  expect(await leaksAfter()).toEqual([])
  const full = await leaksAfter('alter table vouchsafe.subjects disable row level security')
  expect(new Set(full.map(({ table }) => table))).toEqual(new Set(['vouchsafe.subjects']))
  const attempts = full.map(({ attempt }) => attempt)
  expect(attempts).toEqual(
    expect.arrayContaining([
      'select as another tenant',
      'update without a tenant',
      'insert as another tenant',
      'policies',
    ]),
  )
  const empty = await leaksAfter('alter table vouchsafe.facts no force row level security')
  expect(empty).toEqual([expect.objectContaining({ table: 'vouchsafe.facts', attempt: 'policies' })])
  const bare = await leaksAfter('alter table vouchsafe.facts disable row level security')
  expect(bare).toContainEqual(
    expect.objectContaining({ table: 'vouchsafe.facts', attempt: 'insert as another tenant' }),
  )
})

test('S001-52 F60 a policy that was made permissive, or added, is named', async () => {
  const altered = await leaksAfter('alter policy tenant on vouchsafe.subjects using (true)')
  expect(altered).toContainEqual(
    expect.objectContaining({ table: 'vouchsafe.subjects', attempt: 'select as another tenant' }),
  )
  const added = await leaksAfter('create policy more on vouchsafe.grants to vouchsafe_app using (true)')
  expect(added).toContainEqual(expect.objectContaining({ table: 'vouchsafe.grants', attempt: 'policies' }))
  const checked = await leaksAfter('alter policy tenant on vouchsafe.facts with check (true)')
  expect(checked).toContainEqual(
    expect.objectContaining({ table: 'vouchsafe.facts', attempt: 'insert as another tenant' }),
  )
})

test('a view that reads with its owner’s rights is named', async () => {
  const leaks = await leaksAfter(
    'create view vouchsafe.everybody as select id, tenant_id from vouchsafe.subjects',
    'grant select on vouchsafe.everybody to vouchsafe_app',
  )
  expect(leaks).toContainEqual(expect.objectContaining({ table: 'vouchsafe.everybody' }))
})

test('doctor tenants ends with 1 and names the table where there is a leak', async () => {
  const database = await freshDatabase({ max: 1 })
  try {
    await database.sql.unsafe('alter table vouchsafe.grants disable row level security')
    const env = { DATABASE_URL: database.url, VOUCHSAFE_SECRET: secret, VOUCHSAFE_DATA: temporaryFolder() }
    const leaking = await finished(['doctor', 'tenants'], { env })
    expect(leaking).toMatchObject({ code: 1, err: expect.stringContaining('Tenants are not apart') })
    expect(leaking.out).toContain('vouchsafe.grants')
    await database.sql.unsafe('alter table vouchsafe.grants enable row level security')
    const single = await finished(['doctor', 'tenants', '--json'], { env })
    expect(single).toMatchObject({ code: 65, err: expect.stringContaining('no two tenants') })
    expect(JSON.parse(single.out).tables.leaks).toEqual([])
  } finally {
    await database.drop()
  }
})

// Skipped where there is no pgbouncer (a Debian package of that name).
test.skipIf(!hasPooler)(
  'V63 V65 S003-29 the same holds through a pooler in transaction mode',
  {
    timeout: 240_000,
  },
  async () => {
    const pooler = await startPooler(server.place.database.url)
    try {
      const { tables, rpcs } = await examine({ only: /^(Product|Audit|Decision|Grant)Service/ }, pooler.url)
      expect(tables.leaks).toEqual([])
      expect(rpcs?.leaks).toEqual([])
      expect(rpcs?.questions).toBeGreaterThan(50)
    } finally {
      await pooler.stop()
    }
  },
)
