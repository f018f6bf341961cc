import type { JsonObject } from '@bufbuild/protobuf'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CallerService } from '#gen/vouchsafe/admin/v1/caller_service_pb.ts'
import { EntitlementService } from '#gen/vouchsafe/admin/v1/entitlement_service_pb.ts'
import { IssuerService } from '#gen/vouchsafe/admin/v1/issuer_service_pb.ts'
import { ModuleService } from '#gen/vouchsafe/admin/v1/module_service_pb.ts'
import { PlanService } from '#gen/vouchsafe/admin/v1/plan_service_pb.ts'
import { TenantService } from '#gen/vouchsafe/admin/v1/tenant_service_pb.ts'
import { devIss } from '#main/dev-issuer.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { said } from '#test/end-to-end/said.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { failureOf } from './failure-of.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

const call: Server['operator']['call'] = (method) => server.operator.call(method)
const tenants = TenantService.method
const callers = CallerService.method

test('S003-14 S003-21 S003-38 a tenant is built from nothing over the API, and the next question sees each step', async () => {
  const tenant = 'brand-new'
  await call(tenants.createTenant)({ tenant: { key: tenant, name: 'Brand new' } })
  await call(IssuerService.method.createIssuer)({
    issuer: { iss: devIss, audiences: [tenant], jwks: server.place.jwks as unknown as JsonObject },
    tenant,
  })
  await call(EntitlementService.method.createEntitlement)({
    entitlement: { key: 'reports', kind: 'boolean', combine: 'any' },
    tenant,
  })
  await call(EntitlementService.method.createEntitlement)({
    entitlement: { key: 'rows', kind: 'limit', combine: 'max', unit: 'rows' },
    tenant,
  })
  await call(ModuleService.method.createModule)({ module: { key: 'portal', zone: 'Europe/Berlin' }, tenant })
  await call(PlanService.method.createPlan)({ plan: { key: 'gold', kind: 'tier', rank: 2 }, tenant })
  const draft = await call(PlanService.method.createPlanVersion)({
    plan: 'gold',
    items: [
      { entitlement: 'reports' },
      { entitlement: 'rows', value: { kind: { case: 'numberValue', value: 500 } } },
    ],
    tenant,
  })
  expect(draft.version).toMatchObject({ plan: 'gold', n: 1, status: 'draft' })
  const { revision } = await call(PlanService.method.publishPlanVersion)({ version: 'gold@1', tenant })

  const ask = async (entitlement: string, atLeast: string) =>
    server.ask(
      'grace',
      { entitlement, consistency: { demand: { case: 'atLeast', value: atLeast } } },
      {},
      { audience: tenant },
    )
  expect(said(await ask('reports', revision))).toBe('no NO_GRANT')
  const holder = { holder: { case: 'identity', value: { issuer: devIss, subject: 'grace' } } } as const
  const target = { target: { case: 'plan', value: 'gold' } } as const
  const granted = await server.operator.grant({ holder, target, tenant })
  expect(said(await ask('reports', granted.revision))).toMatch(/^yes /)
  const rows = await ask('rows', granted.revision)
  expect(rows).toMatchObject({ allowed: true, tier: 'gold' })
  expect(rows.value?.kind.value).toBe(500)
})

test('a tenant is read, listed, renamed and suspended by operators of the platform only', async () => {
  const made = await call(tenants.createTenant)({ tenant: { key: 'short-lived' } })
  expect(made.tenant).toMatchObject({ key: 'short-lived', graceDays: 7, suspended: false })
  const byId = await call(tenants.getTenant)({ tenant: made.tenant?.id ?? '' })
  expect(byId.tenant).toEqual(made.tenant)
  const listed = await call(tenants.listTenants)({ pageSize: 1000 })
  expect(listed.tenants.map(({ key }) => key)).toEqual(
    expect.arrayContaining(['acme', 'globex', 'short-lived']),
  )
  await call(tenants.updateTenant)({
    tenant: { key: 'short-lived', suspended: true },
    updateMask: { paths: ['suspended'] },
  })
  const still = await call(tenants.getTenant)({ tenant: 'short-lived' })
  expect(still.tenant).toMatchObject({ suspended: true, graceDays: 7 })

  const { client } = await server.caller(server.place.tenants.acme, 'tenant_admin')
  expect(await failureOf(client.call(tenants.listTenants)({}))).toMatchObject({ code: 'CALLER_NOT_ALLOWED' })
  expect(await failureOf(client.call(tenants.createTenant)({ tenant: { key: 'mine' } }))).toMatchObject({
    code: 'CALLER_NOT_ALLOWED',
  })
  expect((await client.call(tenants.getTenant)({ tenant: 'acme' })).tenant?.key).toBe('acme')
  const foreign = await failureOf(client.call(tenants.getTenant)({ tenant: 'globex' }))
  const unknown = await failureOf(client.call(tenants.getTenant)({ tenant: 'nobody-has-it' }))
  expect(foreign.code).toBe('NOT_FOUND')
  expect(foreign.message?.replace('globex', '')).toBe(unknown.message?.replace('nobody-has-it', ''))
})

test('a repeat of making a tenant answers with the first one', async () => {
  const requestId = 'e39b23c4-2f0f-4a8a-8f26-bcd25b5d6c62'
  const first = await call(tenants.createTenant)({ tenant: { key: 'made-once' }, requestId })
  expect(await call(tenants.createTenant)({ tenant: { key: 'made-once' }, requestId })).toEqual(first)
  const other = call(tenants.createTenant)({ tenant: { key: 'made-twice' }, requestId })
  expect(await failureOf(other)).toMatchObject({ code: 'REQUEST_ID_REUSED' })
  const again = call(tenants.createTenant)({ tenant: { key: 'made-once' } })
  expect(await failureOf(again)).toMatchObject({ code: 'ALREADY_EXISTS' })
})

test('a key is shown once, works from then on, and ends for good', async () => {
  const tenant = 'acme'
  const made = await call(callers.createCaller)({ caller: { name: 'billing', roles: ['service'] }, tenant })
  const caller = made.caller?.id ?? ''
  const requestId = '1c7e0d3b-8a1e-4a59-8f0e-3d9ec1f1a0b7'
  const key = await call(callers.createCallerKey)({ caller, tenant, requestId })
  expect(key.text).toMatch(/^vch_/)
  const repeated = await call(callers.createCallerKey)({ caller, tenant, requestId })
  expect(repeated).toMatchObject({ text: '', key: key.key })
  const { database, tenants: ids } = server.place
  const kept = await readTenant(
    database.sql,
    ids.acme,
    (tx) => tx`select o::text as row from vouchsafe.operations o`,
  )
  expect(kept).not.toHaveLength(0)
  expect(JSON.stringify(kept)).not.toContain(key.text.slice(20, 40))

  const holder = { holder: { case: 'subject', value: `sub_${crypto.randomUUID()}` } } as const
  const client = server.connect(key.text)
  const asks = () => failureOf(client.listGrants({ holder }))
  expect(await asks()).toMatchObject({ code: 'CALLER_NOT_ALLOWED' })
  await call(callers.disableCallerKey)({ key: key.key?.id ?? '', tenant })
  const token = await server.place.token('alice')
  const question = {
    subject: { subject: { case: 'accessToken', value: token } },
    entitlement: 'docs_paid',
  } as const
  await expect.poll(() => client.check(question).catch((error) => error.details)).toMatch(/caller credential/)
})

test('an admin of a tenant makes no operators, issuers or callers of others', async () => {
  const { client } = await server.caller(server.place.tenants.acme, 'tenant_admin')
  const operator = client.call(callers.createCaller)({ caller: { name: 'root', roles: ['operator'] } })
  expect(await failureOf(operator)).toMatchObject({ code: 'CALLER_NOT_ALLOWED' })
  const own = await client.call(callers.createCaller)({ caller: { name: 'mine', roles: ['service'] } })
  const raised = client.call(callers.updateCaller)({
    caller: { id: own.caller?.id ?? '', roles: ['operator'] },
    updateMask: { paths: ['roles'] },
  })
  expect(await failureOf(raised)).toMatchObject({ code: 'CALLER_NOT_ALLOWED' })
  const issuer = client.call(IssuerService.method.createIssuer)({
    issuer: { iss: 'https://evil.example', audiences: ['acme'], jwksUri: 'https://evil.example/keys' },
  })
  expect(await failureOf(issuer)).toMatchObject({ code: 'CALLER_NOT_ALLOWED' })
  const elsewhere = client.call(callers.createCaller)({
    caller: { name: 'x', roles: ['service'] },
    tenant: 'globex',
  })
  expect(await failureOf(elsewhere)).toMatchObject({ code: 'TENANT_MISMATCH' })
})
