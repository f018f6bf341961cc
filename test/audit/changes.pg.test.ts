import { afterAll, beforeAll, expect, test } from 'vitest'
import { AuditService } from '#gen/vouchsafe/admin/v1/audit_service_pb.ts'
import { ProductService } from '#gen/vouchsafe/admin/v1/product_service_pb.ts'
import { devIss } from '#main/dev-issuer.ts'
import { failureOf } from '#test/administration/failure-of.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'

let server: Server
let tenant: string
beforeAll(async () => {
  server = await startServer({ VOUCHSAFE_LOG_LEVEL: 'error' })
  tenant = server.place.tenants.acme
})
afterAll(() => server?.stop())

const { listChanges, getChange } = AuditService.method
const list = (filter: object) => server.operator.call(listChanges)({ ...filter, tenant })
const holder = (subject: string) =>
  ({ holder: { case: 'identity', value: { issuer: devIss, subject } } }) as const
const target = (value: string) => ({ target: { case: 'entitlement', value } }) as const
const give = (to: string, key: string, reason: string) =>
  server.operator.grant({ holder: holder(to), target: target(key), reason, tenant })
const take = (from: string, key: string, reason: string) =>
  server.operator.revoke({ holder: holder(from), target: target(key), reason, tenant })

test('S001-29 S003-33 S003-36 who gave and took a right, when and why, with what it was before and is after', async () => {
  const { grant } = await give('audited', 'docs_paid', 'a gift')
  await take('audited', 'docs_paid', 'asked by legal')
  const subject = grant?.holder?.holder.case === 'subject' ? grant.holder.holder.value : ''
  const { changes } = await list({ subject })
  expect(changes.map(({ action, reason }) => [action, reason])).toEqual([
    ['AdminEntitlementRevoked', 'asked by legal'],
    ['AdminEntitlementGranted', 'a gift'],
  ])
  const [revoked] = changes
  expect(revoked?.actor).toMatch(/^[0-9a-f-]{36}$/)
  expect(revoked?.tables).toEqual(['grants'])
  const { change, effects } = await server.operator.call(getChange)({
    number: revoked?.revision ?? 0n,
    tenant,
  })
  expect(change).toEqual(revoked)
  expect(effects).toHaveLength(1)
  expect(effects[0]).toMatchObject({ table: 'grants', op: 'update', erased: false })
  expect(effects[0]?.changed).toEqual(['revoke_reason', 'revoked_at', 'revoked_by'])
  expect(effects[0]?.before).toMatchObject({ revoked_at: null, reason: 'a gift' })
  expect(effects[0]?.after).toMatchObject({ revoke_reason: 'asked by legal', revoked_by: revoked?.actor })
})

test('S001-5 S003-25 nothing changed is no change; a revoked grant and its history stay', async () => {
  await give('twice', 'docs_paid', 'first')
  const before = await list({ pageSize: 1 })
  const again = await give('twice', 'docs_paid', 'second')
  expect(again.changed).toBe(false)
  await take('nobody-at-all', 'docs_paid', 'nothing to take').catch(() => undefined)
  expect((await list({ pageSize: 1 })).changes).toEqual(before.changes)
})

test('filters hold together, and pages go through all changes once, newest first', async () => {
  const { changes: newest } = await list({ pageSize: 1 })
  const seen: bigint[] = []
  let pageToken = ''
  do {
    const page = await list({ pageSize: 3, pageToken })
    seen.push(...page.changes.map(({ revision }) => revision))
    pageToken = page.nextPageToken
  } while (pageToken !== '')
  expect(seen).toEqual(Array.from({ length: Number(newest[0]?.revision) }, (_, n) => BigInt(seen.length - n)))
  const granted = await list({ action: 'AdminEntitlementGranted', table: 'grants', pageSize: 1000 })
  expect(granted.changes.length).toBeGreaterThan(0)
  expect(granted.changes.every(({ tables }) => tables.includes('grants'))).toBe(true)
  expect((await list({ action: 'AdminEntitlementGranted', table: 'products' })).changes).toEqual([])
  const between = await list({ fromRevision: 2n, toRevision: 3n })
  expect(between.changes.map(({ revision }) => revision)).toEqual([3n, 2n])
  const late = await list({ since: { seconds: BigInt(Math.floor(Date.now() / 1000) + 3600) } })
  expect(late.changes).toEqual([])
  const token = (await list({ pageSize: 1 })).nextPageToken
  expect(await failureOf(list({ pageToken: token, table: 'grants' }))).toMatchObject({ field: 'page_token' })
})

test('S001-29 restricting a product is in the audit under its own name', async () => {
  await server.operator.call(ProductService.method.createProduct)({ product: { key: 'kept' }, tenant })
  const { restrictProduct } = ProductService.method
  await server.operator.call(restrictProduct)({
    product: 'kept',
    requiresEntitlement: true,
    reason: 'why',
    tenant,
  })
  const { changes } = await list({ table: 'products', pageSize: 2 })
  expect(changes[0]).toMatchObject({ action: 'RestrictProduct', reason: 'why' })
  const { effects } = await server.operator.call(getChange)({ number: changes[0]?.revision ?? 0n, tenant })
  const product = effects.find(({ table }) => table === 'products')
  expect(product?.changed).toContain('requires_entitlement')
})

test('V28 S003-29 another tenant sees none of it, and a plain service nothing at all', async () => {
  const { changes } = await list({ pageSize: 1 })
  const number = changes[0]?.revision ?? 0n
  const other = await server.caller(server.place.tenants.globex, 'auditor')
  const theirs = await other.client.call(listChanges)({ pageSize: 1000 })
  expect(
    JSON.stringify(theirs, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
  ).not.toContain(tenant)
  expect(await failureOf(other.client.call(listChanges)({ tenant }))).toMatchObject({
    code: 'TENANT_MISMATCH',
  })
  const gone = await failureOf(other.client.call(getChange)({ number: number + 1000n }))
  expect(gone).toMatchObject({ code: 'NOT_FOUND' })
  const service = await server.caller(tenant, 'service')
  expect(await failureOf(service.client.call(listChanges)({}))).toMatchObject({ code: 'CALLER_NOT_ALLOWED' })
})
