import { fromJson, type JsonValue, toJson } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Catalog, CatalogSchema, CatalogService } from '#gen/vouchsafe/admin/v1/catalog_service_pb.ts'
import { ProductService } from '#gen/vouchsafe/admin/v1/product_service_pb.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { createTenant } from '#test/fixtures/create-tenant.ts'
import { type AnyCatalog, anyCatalog } from './any-catalog.ts'
import { failureOf } from './failure-of.ts'

const { applyCatalog, exportCatalog } = CatalogService.method
let server: Server
let tenants = 0

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

async function newTenant(): Promise<string> {
  const key = `catalog-${tenants++}`
  const { tenant } = await createTenant(server.place.database.sql, { key })
  await server.write(tenant, async () => undefined)
  return tenant
}

const message = (catalog: Partial<AnyCatalog>) => fromJson(CatalogSchema, catalog as JsonValue)
type More = { readonly prune?: boolean; readonly dryRun?: boolean; readonly requestId?: string }
const apply = (tenant: string, catalog: Catalog | Partial<AnyCatalog>, more: More = {}) =>
  server.operator.call(applyCatalog)({
    catalog: '$typeName' in catalog ? catalog : message(catalog),
    tenant,
    ...more,
  })
const exported = async (tenant: string): Promise<Catalog> => {
  const { catalog } = await server.operator.call(exportCatalog)({ tenant })
  if (!catalog) throw new Error('no catalogue')
  return catalog
}
const said = ({ changes }: Awaited<ReturnType<typeof apply>>) =>
  changes.map(({ action, kind, name }) => `${action} ${kind} ${name}`)
const changesOf = async (tenant: string) => {
  const { sql } = server.place.database
  return sql.begin(async (tx) => {
    await tx`select set_config('role', 'vouchsafe_feed', true)`
    const [row] = await tx`select count(*)::integer as n from vouchsafe.change where tenant_id = ${tenant}`
    return Number(row?.n)
  })
}

const small = {
  entitlements: [
    { key: 'docs', kind: 'boolean', combine: 'any' },
    { key: 'calls', kind: 'limit', combine: 'max' },
  ],
  products: [{ key: 'app', requires_entitlement: true }],
  plans: [
    {
      key: 'gold',
      kind: 'addon',
      items: [{ entitlement: 'docs' }, { entitlement: 'calls', value: 7 }, { product: 'app' }],
    },
  ],
  price_mappings: [{ external_id: 'price_gold', plan: 'gold' }],
  routes: [{ pattern: '/docs', any_of: ['docs'] }],
  resources: [{ kind: 'content', key: 'intro', entitlement: 'docs' }],
}

test('S003-14 S003-38 a document makes a whole catalogue in one change, and again changes nothing', async () => {
  const tenant = await newTenant()
  const before = await changesOf(tenant)
  const first = await apply(tenant, small)
  expect(said(first)).toEqual([
    'create entitlement docs',
    'create entitlement calls',
    'create product app',
    'create plan gold',
    'publish plan gold',
    'create price_mapping price price_gold → plan gold@1',
    'create route * */docs',
    'create resource content:intro',
  ])
  expect(await changesOf(tenant)).toBe(before + 1)
  const second = await apply(tenant, small)
  expect(second.changes).toEqual([])
  expect(second.revision).toBe(first.revision)
  expect(await changesOf(tenant)).toBe(before + 1)
})

test('a plan with other items gets a new version, and the price that follows it the same', async () => {
  const tenant = await newTenant()
  await apply(tenant, small)
  const [gold] = small.plans
  const changed = { ...small, plans: [{ ...gold, name: 'Gold', items: [{ entitlement: 'docs' }] }] }
  const done = await apply(tenant, changed)
  expect(said(done)).toEqual([
    'update plan gold',
    'publish plan gold',
    'update price_mapping price price_gold → plan gold@2',
  ])
  const [update, publish, mapping] = done.changes
  expect(update?.fields.map(({ field }) => field)).toEqual(['name'])
  expect(publish).toMatchObject({ path: 'plans[0]', fields: [{ field: 'items' }] })
  expect(mapping?.fields).toMatchObject([
    { before: { kind: { value: 'gold@1' } }, after: { kind: { value: 'gold@2' } } },
  ])
  const { priceMappings } = await exported(tenant)
  expect(priceMappings).toMatchObject([{ externalId: 'price_gold', target: { value: 'gold' } }])
  expect((await apply(tenant, changed)).changes).toEqual([])
})

test('what the document leaves out stays, and goes when it is pruned', async () => {
  const tenant = await newTenant()
  await apply(tenant, { ...small, modules: [{ key: 'extra' }] })
  expect((await apply(tenant, {})).changes).toEqual([])
  expect(said(await apply(tenant, {}, { prune: true }))).toEqual([
    'delete price_mapping price price_gold → plan gold@1',
    'delete route * */docs',
    'delete resource content:intro',
    'retire plan gold',
    'retire product app',
    'archive entitlement calls',
    'archive entitlement docs',
  ])
  const { modules, entitlements, products, plans, routes } = await exported(tenant)
  expect(modules).toMatchObject([{ key: 'extra' }])
  expect(entitlements.map(({ archived }) => archived)).toEqual([true, true])
  expect(products.map(({ retired }) => retired)).toEqual([true])
  expect(plans.map(({ unpublished }) => unpublished)).toEqual([true])
  expect(routes).toEqual([])
  expect((await apply(tenant, {}, { prune: true })).changes).toEqual([])
  expect(said(await apply(tenant, small))).toContain('publish plan gold')
})

test('a dry run says the same as then happens, who would gain and lose, and changes nothing', async () => {
  const tenant = 'acme'
  const before = await exported(tenant)
  const restricted = { products: [{ key: 'handbook', name: 'Handbook', requires_entitlement: true }] }
  const tried = await apply(tenant, restricted, { dryRun: true })
  expect(tried.preview).toMatchObject({ lost: 0 })
  const closed = { products: [{ key: 'handbook', name: 'Handbook', retired: true }] }
  expect((await apply(tenant, closed, { dryRun: true })).preview?.lost).toBeGreaterThan(0)
  expect(toJson(CatalogSchema, await exported(tenant))).toEqual(toJson(CatalogSchema, before))
  expect(said(await apply(tenant, restricted))).toEqual(said(tried))
})

test('S001-4 S001-39 a product that the document restricts backfills whoever has access, and locks nobody out', async () => {
  const audience = { entitlement: 'use', resource: { kind: 'product', id: 'handbook' } }
  const { revision } = await apply('acme', { products: [{ key: 'handbook', name: 'Handbook' }] })
  const demand = (token: string) => ({ demand: { case: 'atLeast', value: token } }) as const
  expect(await server.ask('bob', { ...audience, consistency: demand(revision) })).toMatchObject({
    allowed: true,
  })
  const wanted = { products: [{ key: 'handbook', name: 'Handbook', requires_entitlement: true }] }
  const { warnings } = await apply('acme', wanted)
  expect(warnings[0]).toContain('Only people with a row here')
  expect((await apply('acme', wanted)).warnings).toEqual([])
  const { product, revision: now } = await server.operator.call(ProductService.method.getProduct)({
    product: 'handbook',
    tenant: 'acme',
  })
  expect(product?.requiresEntitlement).toBe(true)
  const given = await server.place.database.sql.begin(async (tx) => {
    await tx`select set_config('role', 'vouchsafe_feed', true)`
    return tx`select g.subject_id, count(*)::integer as rows from vouchsafe.grants g
      join vouchsafe.products p on p.tenant_id = g.tenant_id and p.id = g.product_id and p.key = 'handbook'
      where g.tenant_id = ${server.place.tenants.acme} and g.source = 'backfill' group by g.subject_id`
  })
  expect(given.length).toBeGreaterThan(1)
  expect(given.every(({ rows }) => rows === 1)).toBe(true)
  expect(await server.ask('bob', { ...audience, consistency: demand(now) })).toMatchObject({ allowed: true })
})

test('nothing of a document is done where a part of it fails, and the failure says where', async () => {
  const tenant = await newTenant()
  const broken = {
    ...small,
    entitlements: [
      ...small.entitlements,
      { key: 'needs', kind: 'boolean', combine: 'any', requires: ['absent'] },
    ],
  }
  expect(await failureOf(apply(tenant, broken))).toMatchObject({
    code: 'NOT_FOUND',
    path: 'entitlements[2]',
    field: 'requires',
    name: 'absent',
  })
  expect(toJson(CatalogSchema, await exported(tenant))).toEqual({})
  await apply(tenant, small)
  const other = { entitlements: [{ key: 'docs', kind: 'limit', combine: 'any' }] }
  expect(await failureOf(apply(tenant, other))).toMatchObject({
    code: 'FAILED_PRECONDITION',
    path: 'entitlements[0]',
    field: 'kind',
  })
  const twice = { products: [{ key: 'x' }, { key: 'x' }] }
  expect(await failureOf(apply(tenant, twice))).toMatchObject({ code: 'INVALID_FIELD', path: 'products[1]' })
})

test('entitlements that require each other, and a long chain from its far end, are made', async () => {
  const tenant = await newTenant()
  const chain = Array.from({ length: 60 }, (_, n) => ({
    key: `c${n}`,
    kind: 'boolean',
    combine: 'any',
    requires: [`c${(n + 1) % 60}`],
  }))
  const done = await apply(tenant, { entitlements: chain })
  expect(done.changes).toHaveLength(60)
  expect((await apply(tenant, { entitlements: chain })).changes).toEqual([])
})

test('a repeat of a request id gets the first answer', async () => {
  const tenant = await newTenant()
  const requestId = '0199f0f0-1111-7000-8000-000000000001'
  const first = await apply(tenant, small, { requestId })
  expect(await apply(tenant, small, { requestId })).toEqual(first)
})

test('S000-16 neither a service nor a worker nor another tenant’s admin applies a catalogue', async () => {
  const { globex } = server.place.tenants
  for (const role of ['service', 'worker', 'auditor'] as const) {
    const { client } = await server.caller(globex, role)
    const attempt = client.call(applyCatalog)({ catalog: message(small) })
    expect(await failureOf(attempt)).toMatchObject({ code: 'CALLER_NOT_ALLOWED' })
  }
  const admin = await server.caller(globex, 'tenant_admin')
  const attempt = admin.client.call(applyCatalog)({ catalog: message(small), tenant: 'acme' })
  expect(await failureOf(attempt)).toMatchObject({ code: 'TENANT_MISMATCH' })
})

test('any catalogue: applied twice and as exported it changes nothing; over any other, with pruning, it is what was written', async () => {
  await fc.assert(
    fc.asyncProperty(anyCatalog, anyCatalog, async (one, other) => {
      const tenant = await newTenant()
      await apply(tenant, one)
      expect(said(await apply(tenant, one, { prune: true }))).toEqual([])
      const written = await exported(tenant)
      expect(said(await apply(tenant, written, { prune: true }))).toEqual([])
      await apply(tenant, other, { prune: true })
      expect(said(await apply(tenant, other, { prune: true }))).toEqual([])
      // And in a tenant of its own it is the same catalogue.
      const fresh = await newTenant()
      await apply(fresh, written)
      expect(toJson(CatalogSchema, await exported(fresh))).toEqual(toJson(CatalogSchema, written))
    }),
    { numRuns: 25 },
  )
})
