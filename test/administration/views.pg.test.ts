// What systems before this one read, as they read it: with SQL, as the application role, in one tenant.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GrantService } from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { devIss } from '#main/dev-issuer.ts'
import { migrate } from '#postgres/migrate.ts'
import { openPool } from '#postgres/pool.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { timestampOf } from '#rpc/wire-values.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { addEntitlement } from '#test/fixtures/catalogue.ts'
import { freshDatabase } from '#test/postgres/database.ts'
import { entitlement, person, plan, product } from './named.ts'

let server: Server
let acme: string
beforeAll(async () => {
  server = await startServer()
  acme = server.place.tenants.acme
})
afterAll(() => server?.stop())

const tenant = 'acme'
const method = GrantService.method
type Row = Readonly<Record<string, unknown>>
const select = (query: string, of = acme) =>
  readTenant(server.place.database.sql, of, (tx) => tx.unsafe<Row[]>(query))
const give = (sub: string, target: object, more: object = {}) =>
  server.operator.grant({ holder: person(sub), target, tenant, ...more } as never)
const flat = async (sub: string) => {
  const rows = await select(
    `select user_id, entitlement, status, starts_at, ends_at, source, source_ref, updated_at
     from vouchsafe.subject_entitlements where user_id = '${sub}' order by entitlement, source`,
  )
  return [...rows]
}
const states = async (sub: string) =>
  (await flat(sub)).map((row) => [row.entitlement, row.status, row.source])

test('S002-12 S002-13 S002-14 S002-15 S002-16 S002-17 S002-18 S002-19 a flat row has the fields of the portal, a plan one for each entitlement', async () => {
  const ends = Date.now() + 86_400_000
  await give('flora', plan('learn_member'), {
    source: 'purchase',
    sourceRef: 'sub_1',
    endsAt: timestampOf(ends),
  })
  const rows = await flat('flora')
  // learn_member is a family that gives two of the plan's own keys again: each is there once.
  expect(rows.map(({ entitlement: key }) => key)).toEqual([
    'copilot_paid',
    'copilot_quota',
    'corpora',
    'docs_paid',
    'learn_member',
  ])
  for (const row of rows) {
    expect(row).toMatchObject({ user_id: 'flora', status: 'active', source: 'purchase', source_ref: 'sub_1' })
    expect(row.ends_at).toBe(ends)
    expect(row.updated_at).toBe(row.starts_at)
  }
})

test('S002-14 the status follows the payment, the clock and the denial; what an old reader does not know is not active', async () => {
  const { grant } = await give('paul', entitlement('docs_paid'))
  const id = grant?.id ?? ''
  const change = (fields: object, path: string) =>
    server.operator.call(method.updateGrant)({
      grant: { id, ...fields },
      updateMask: { paths: [path] },
      tenant,
    })
  expect(await states('paul')).toEqual([['docs_paid', 'active', 'admin']])
  const before = (await flat('paul'))[0]?.updated_at
  await change({ pastDueAt: timestampOf(Date.now() - 1000) }, 'past_due_at')
  expect(await states('paul')).toEqual([['docs_paid', 'past_due', 'admin']])
  expect(Number((await flat('paul'))[0]?.updated_at)).toBeGreaterThan(Number(before))
  await change({ pastDueAt: timestampOf(Date.now() - 90 * 86_400_000) }, 'past_due_at')
  expect(await states('paul')).toEqual([['docs_paid', 'canceled', 'admin']])
  await change({}, 'past_due_at')
  expect(await states('paul')).toEqual([['docs_paid', 'active', 'admin']])
  await give('paul', entitlement('docs_paid'), { effect: 2, sourceRef: 'withheld' })
  expect(await states('paul')).toEqual([['docs_paid', 'canceled', 'admin']])
  await server.operator.call(method.revokeEntitlement)({ grantId: id, tenant })
  const [ended] = await flat('paul')
  expect(ended).toMatchObject({ status: 'canceled' })
  expect(ended?.ends_at).toBe(ended?.updated_at)

  await give('rhea', entitlement('docs_paid'), { access: 'read_only' })
  await give('rhea', entitlement('api_access'), { startsAt: timestampOf(Date.now() + 86_400_000) })
  expect(await states('rhea')).toEqual([['docs_paid', 'canceled', 'admin']])
})

test('S003-20 the flat view and the REST view say the same of a person', async () => {
  await give('same', plan('supporter'))
  const { revision } = await give('same', entitlement('enterprise_sso'))
  await server.ask('same', {
    entitlement: 'docs_paid',
    consistency: { demand: { case: 'atLeast', value: revision } },
  })
  const reply = await fetch(`http://${server.http}/v1/subjects/same/entitlements?tenant=acme`, {
    headers: { authorization: `Bearer ${server.key}` },
  })
  const { entitlements } = (await reply.json()) as { entitlements: { key: string; status: string }[] }
  const viewed = await flat('same')
  for (const row of viewed)
    expect(entitlements).toContainEqual(expect.objectContaining({ key: row.entitlement, status: row.status }))
  // Beside them the REST view has what comes without a grant: the default tier's.
  const own = new Set(viewed.map((row) => row.entitlement))
  expect(entitlements.filter(({ key }) => !own.has(key)).map(({ key }) => key)).toEqual([])
})

const once = async (sub: string) => {
  const rows = await select(
    `select entitlement, status, source, ends_at, grants from vouchsafe.flat_entitlements
     where user_id = '${sub}' order by entitlement`,
  )
  return rows.map((row) => [row.entitlement, row.status, row.source, row.grants])
}
const restRows = async (sub: string) => {
  const reply = await fetch(`http://${server.http}/v1/subjects/${sub}/entitlements?tenant=acme`, {
    headers: { authorization: `Bearer ${server.key}` },
  })
  const { entitlements } = (await reply.json()) as { entitlements: { key: string; status: string }[] }
  return entitlements
}

test('C-5 rights of several sources stack as rows of their own, and the flat view has one row for each user and entitlement', async () => {
  const ended = await give('stacy', entitlement('docs_paid'), { source: 'trial' })
  await server.operator.call(method.revokeEntitlement)({ grantId: ended.grant?.id ?? '', tenant })
  const soon = timestampOf(Date.now() + 3_600_000)
  await give('stacy', entitlement('docs_paid'), { source: 'purchase', endsAt: soon })
  const last = await give('stacy', entitlement('docs_paid'), { source: 'contract' })
  expect((await states('stacy')).map(([key, status, source]) => `${key} ${status} ${source}`)).toEqual([
    'docs_paid active contract',
    'docs_paid active purchase',
    'docs_paid canceled trial',
  ])
  expect(await once('stacy')).toEqual([['docs_paid', 'active', 'contract', 3]])
  await server.operator.call(method.revokeEntitlement)({ grantId: last.grant?.id ?? '', tenant })
  expect(await once('stacy')).toEqual([['docs_paid', 'active', 'purchase', 3]])
  const { revision } = await server.operator.revoke({
    holder: person('stacy'),
    target: entitlement('docs_paid'),
    source: 'any',
    tenant,
  })
  const [[, status] = []] = await once('stacy')
  expect(status).toBe('canceled')
  await server.ask('stacy', {
    entitlement: 'docs_paid',
    consistency: { demand: { case: 'atLeast', value: revision } },
  })
  expect((await restRows('stacy')).filter(({ key }) => key === 'docs_paid')).toMatchObject([
    { status: 'canceled' },
  ])
})

test('C-5 no view and no REST list has two rows for a user and an entitlement where it promises one', async () => {
  for (const [view, what] of [
    ['vouchsafe.flat_entitlements', 'issuer, user_id, entitlement'],
    ['core.user_entitlements where active', 'user_id, entitlement'],
  ]) {
    const [count] = await select(
      `select count(*)::integer as all, count(distinct (${what}))::integer as different from ${view}`,
    )
    expect(count?.all, view).toBeGreaterThan(10)
    expect(count?.different, view).toBe(count?.all)
  }
  for (const sub of ['stacy', 'carol', 'flora']) {
    const keys = (await restRows(sub)).map(({ key }) => key)
    expect(new Set(keys).size, sub).toBe(keys.length)
  }
})

test('C-4 whatever a right has come to, views and REST lists say it in one of three words', async () => {
  const target = entitlement('docs_paid')
  const before = timestampOf(Date.now() - 86_400_000)
  const cases = {
    running: {},
    overdue: { past_due_at: timestampOf(Date.now() - 1000) },
    lapsed: { past_due_at: timestampOf(Date.now() - 90 * 86_400_000) },
    ended: { startsAt: before, endsAt: timestampOf(Date.now() - 1000) },
    reading: { access: 'read_only' },
  }
  for (const [sub, { past_due_at, ...more }] of Object.entries(cases as Record<string, Row>)) {
    const { grant } = await give(sub, target, more)
    if (past_due_at !== undefined)
      await server.operator.call(method.updateGrant)({
        grant: { id: grant?.id ?? '', pastDueAt: past_due_at },
        updateMask: { paths: ['past_due_at'] },
        tenant,
      } as never)
  }
  const { revision } = await give('running', entitlement('early_access'))
  await server.ask('running', {
    entitlement: 'docs_paid',
    consistency: { demand: { case: 'atLeast', value: revision } },
  })
  const words = async (sub: string) => [(await once(sub)).find(([key]) => key === 'docs_paid')?.[1]]
  expect(await Promise.all(Object.keys(cases).map(words))).toEqual([
    ['active'],
    ['past_due'],
    ['canceled'],
    ['canceled'],
    ['canceled'],
  ])
  for (const view of ['vouchsafe.subject_entitlements', 'vouchsafe.flat_entitlements']) {
    const rows = await select(`select distinct status from ${view} order by 1`)
    expect(rows.map(({ status }) => status)).toEqual(['active', 'canceled', 'past_due'])
  }
  for (const sub of Object.keys(cases))
    for (const { status } of await restRows(sub)) expect(['active', 'past_due', 'canceled']).toContain(status)
})

test('S003-21 S003-22 S003-45 what there is: with features, limits, access rules, prices and its tenant', async () => {
  const rows = await select(
    `select * from core.entitlements where name in ('api_calls', 'reports', 'export') order by name`,
  )
  expect(rows).toHaveLength(3)
  const [apiCalls, exporting, reports] = rows
  expect(apiCalls).toMatchObject({
    display_name: '',
    active: true,
    tenant_key: 'acme',
    currency: null,
    prices: [],
    limits: { unit: 'calls a day', plans: { free: 100, supporter: 1000, pro: 10_000 } },
    access_rules: { deny_as: 429 },
  })
  expect(exporting?.access_rules).toMatchObject({ attributes: { country: { required: true } } })
  expect(reports).toMatchObject({
    features: { kind: 'boolean', navigation: ['reports'], content: [] },
    access_rules: { requires: ['api_access'] },
  })
})

test('S003-23 S003-46 who has it: given when and by whom, ended why, one active a user and entitlement, a seat names its purchase', async () => {
  const first = await give('ulla', entitlement('docs_paid'), {
    reason: 'first',
    endsAt: timestampOf(Date.now() + 1e8),
  })
  await give('ulla', entitlement('docs_paid'), { source: 'purchase', reason: 'for ever' })
  const third = await give('ulla', entitlement('docs_paid'), { source: 'contract' })
  await server.operator.call(method.revokeEntitlement)({
    grantId: third.grant?.id ?? '',
    reason: 'over',
    tenant,
  })
  const user = first.grant?.holder?.holder.value
  const rows = await select(
    `select * from core.user_entitlements where user_id = '${String(user).slice(4)}' order by source`,
  )
  expect(rows.map(({ source, active }) => [source, active])).toEqual([
    ['admin', false],
    ['contract', false],
    ['purchase', true],
  ])
  expect(rows[0]).toMatchObject({ grant_reason: 'first', org_entitlement_id: null, usage_count: null })
  expect(rows[1]).toMatchObject({ revoke_reason: 'over' })
  expect(rows[0]?.granted_by).not.toBe('')

  const seats = await select(
    `select u.* from core.user_entitlements u join core.org_entitlements o on o.id = u.org_entitlement_id
       and o.entitlement_id = u.entitlement_id where u.entitlement = 'enterprise_sso' and o.organization = 'initech'`,
  )
  expect(seats).toHaveLength(1)
  expect(seats[0]).toMatchObject({ active: true, granted_by: expect.anything(), revoked_at: null })
})

test('S003-24 S003-47 what organizations bought: the seats of a pool fill its purchases, and never one beyond its quantity', async () => {
  const rows = await select(`select organization, entitlement, quantity, allocated, status, auto_renew
    from core.org_entitlements where organization = 'initech' and entitlement = 'enterprise_sso'`)
  expect([...rows]).toEqual([
    {
      organization: 'initech',
      entitlement: 'enterprise_sso',
      quantity: 2,
      allocated: 1,
      status: 'active',
      auto_renew: false,
    },
  ])
  await server.write(acme, async (tx, tenantId) => {
    await tx`with people as (insert into vouchsafe.subjects (tenant_id, id) select ${tenantId}, gen_random_uuid() from generate_series(1, 4) returning id)
      insert into vouchsafe.seats (tenant_id, id, pool_id, subject_id, assigned_at)
      select ${tenantId}, gen_random_uuid(), p.id, people.id, now() from people, vouchsafe.seat_pools p where p.tenant_id = ${tenantId} and p.key = 'engineering'`
  })
  const holder = { holder: { case: 'organization', value: 'initech' } } as const
  await server.operator.grant({
    holder,
    target: plan('team'),
    pool: 'engineering',
    quantity: 2,
    source: 'contract',
    sourceRef: 'contract-2',
    tenant,
  })
  const filled = await select(`select quantity, allocated from core.org_entitlements
    where organization = 'initech' and entitlement = 'enterprise_sso' order by starts_at, id`)
  expect([...filled]).toEqual([
    { quantity: 2, allocated: 2 },
    { quantity: 2, allocated: 2 },
  ])
})

test('S003-25 S001-29 who did what: actor, action, reason, before and after of each row', async () => {
  const { grant } = await give('anna', product('runner'), { reason: 'try it' })
  const id = grant?.id.slice(4)
  await server.operator.call(method.revokeEntitlement)({ grantId: grant?.id ?? '', reason: 'enough', tenant })
  const rows = await select(
    `select * from core.entitlement_audit_log where entity = 'grants' and entity_key ->> 'id' = '${id}' order by revision`,
  )
  expect(rows.map(({ action, reason }) => [action, reason])).toEqual([
    ['AdminEntitlementGranted', 'try it'],
    ['AdminEntitlementRevoked', 'enough'],
  ])
  expect(rows[0]).toMatchObject({ before: null, after: { revoked_at: null }, op: 'insert' })
  expect(rows[1]).toMatchObject({
    before: { revoked_at: null },
    after: { revoke_reason: 'enough' },
    op: 'update',
  })
  expect(rows[1]?.actor).toBe(rows[0]?.actor)
})

test('a family, an archived entitlement and a deny of a plan are in the view as decisions know them', async () => {
  await server.write(acme, (tx) => addEntitlement(tx, acme, { key: 'docs_paid_trial' }))
  await give('fam', entitlement('docs_paid_trial'))
  expect((await states('fam')).map(([key]) => key)).toEqual(['docs_paid', 'docs_paid_trial'])
  await give('fam', plan('supporter'), { effect: 2 })
  expect(await states('fam')).toEqual([
    ['docs_paid', 'canceled', 'admin'],
    ['docs_paid_trial', 'active', 'admin'],
  ])
  await server.write(acme, async (tx, tenantId) => {
    await tx`update vouchsafe.entitlements set archived_at = now() where tenant_id = ${tenantId} and key = 'docs_paid_trial'`
  })
  expect(await states('fam')).toEqual([])
})

const views = [
  'vouchsafe.subject_entitlements',
  'vouchsafe.flat_entitlements',
  'vouchsafe.grant_entitlements',
  'vouchsafe.entitlement_gives',
  'core.entitlements',
  'core.user_entitlements',
  'core.org_entitlements',
  'core.entitlement_audit_log',
]

test.each(views)(
  'V28 S003-29 %s shows a tenant its own rows only, and nobody without a tenant any',
  async (view) => {
    await give('boundary', plan('pro'))
    const { tenants, database } = server.place
    const counted = async (of: string) =>
      (
        await select(
          `select count(*)::integer as all, count(*) filter (where tenant_id = '${of}')::integer as own from ${view}`,
          of,
        )
      )[0]
    for (const of of [tenants.acme, tenants.globex]) {
      const count = await counted(of)
      expect(count?.own).toBe(count?.all)
    }
    expect((await counted(tenants.acme))?.all).toBeGreaterThan(0)
    const none = await database.sql.begin(async (tx) => {
      await tx`set local role vouchsafe_app`
      return [...(await tx.unsafe(`select from ${view}`))]
    })
    expect(none).toEqual([])
    const written = readTenant(database.sql, tenants.acme, (tx) => tx.unsafe(`delete from ${view}`))
    await expect(written).rejects.toThrow()
  },
)

test('S003-28 every view runs with the rights of whoever reads it', async () => {
  const bare = await server.place.database.sql`
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('vouchsafe', 'core') and c.relkind = 'v'
      and not coalesce('security_invoker=true' = any (c.reloptions), false)`
  expect([...bare]).toEqual([])
})

test('S003-20 a database that has a schema core of its own keeps it, and reads the same views beside it', async () => {
  const own = await freshDatabase({ max: 1 })
  const url = new URL(own.url)
  const name = `${url.pathname.slice(1)}_legacy`
  await own.sql.unsafe(`create database ${name}`)
  url.pathname = `/${name}`
  const legacy = openPool({ url: url.href, max: 1 })
  try {
    await legacy.unsafe('create schema core')
    await legacy.unsafe('create table core.entitlements (id integer)')
    await migrate({ url: url.href })
    const [there] = await legacy`
      select (select relkind from pg_class where oid = 'core.entitlements'::regclass) as kept,
        to_regclass('core.user_entitlements') is null as untouched,
        to_regclass('vouchsafe.core_user_entitlements') is not null as beside`
    expect(there).toEqual({ kept: 'r', untouched: true, beside: true })
  } finally {
    await legacy.end()
    await own.sql.unsafe(`drop database ${name} with (force)`)
    await own.drop()
  }
})

test.each(['subject_entitlements', 'flat_entitlements'])(
  '%s of one person is read by indexes',
  async (view) => {
    const undo = new Error('undo')
    let plan: readonly { readonly [column: string]: unknown }[] = []
    const explained = server.place.database.sql.begin(async (tx) => {
      // Of few rows, reading all of a tenant costs as little.
      await tx`alter table vouchsafe.grants disable trigger all`
      await tx`insert into vouchsafe.grants (tenant_id, id, subject_id, entitlement_id, source, source_ref, starts_at)
        select ${acme}, gen_random_uuid(), gen_random_uuid(), (select id from vouchsafe.entitlements where tenant_id = ${acme} limit 1),
          'admin', '', now() from generate_series(1, 20000)`
      await tx`analyze vouchsafe.grants`
      await tx`set local enable_seqscan = off`
      await tx`select set_config('role', 'vouchsafe_app', true), set_config('app.tenant_id', ${acme}, true)`
      plan =
        await tx`explain select * from vouchsafe.${tx(view)} where user_id = 'flora' and issuer = ${devIss}`
      throw undo
    })
    await expect(explained).rejects.toBe(undo)
    const text = plan.map((row) => row['QUERY PLAN']).join('\n')
    expect(text).toMatch(/identities_(sub|pkey)/)
    expect(text).toContain('grants_holder')
  },
)
