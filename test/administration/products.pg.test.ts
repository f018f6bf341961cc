import { afterAll, beforeAll, expect, test } from 'vitest'
import { ProductService } from '#gen/vouchsafe/admin/v1/product_service_pb.ts'
import { said } from '#test/end-to-end/said.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { failureOf } from './failure-of.ts'

let server: Server
let tenant: string
beforeAll(async () => {
  server = await startServer()
  tenant = server.place.tenants.acme
})
afterAll(() => server?.stop())

const { createProduct, getProduct, listProducts, updateProduct, restrictProduct } = ProductService.method
const make = (key: string, more: object = {}) =>
  server.operator.call(createProduct)({ product: { key, name: key, ...more }, tenant })
const ask = (product: string, revision: string) => askAs('alice', product, revision)
/** Who had no row when a product was restricted, and so got no right of their own. */
const askNewcomer = (product: string, revision: string) => askAs('newcomer', product, revision)
const askAs = async (person: string, product: string, revision: string) =>
  said(
    await server.ask(person, {
      entitlement: 'use',
      resource: { kind: 'product', id: product },
      consistency: { demand: { case: 'atLeast', value: revision } },
    }),
  )

test('a product made is there for the next question, and reads back as it was sent', async () => {
  const surfaces = [
    { surface: 'docs', open: true, denyAs: 0 },
    { surface: 'manifest', denyAs: 404 },
  ]
  const { product, revision } = await make('guide', { requiresEntitlement: true, surfaces })
  expect(product).toMatchObject({ key: 'guide', requiresEntitlement: true, retired: false })
  expect(product?.surfaces).toEqual([
    expect.objectContaining({ surface: 'docs', open: true, denyAs: 0 }),
    expect.objectContaining({ surface: 'manifest', denyAs: 404 }),
  ])
  expect(await ask('guide', revision)).toBe('no NO_GRANT')
  const again = await server.operator.call(getProduct)({ product: 'guide', tenant })
  expect(again.product).toEqual(product)
})

test('a key that is taken is refused, and nothing is written', async () => {
  await make('only-one')
  expect(await failureOf(make('only-one', { name: 'other' }))).toMatchObject({ code: 'ALREADY_EXISTS' })
  const { product } = await server.operator.call(getProduct)({ product: 'only-one', tenant })
  expect(product?.name).toBe('only-one')
})

test('an update changes what its mask names, and nothing else', async () => {
  const { product } = await make('named', { surfaces: [{ surface: 'docs', open: true }] })
  const changed = await server.operator.call(updateProduct)({
    product: { key: 'named', name: 'New name', retired: true, etag: product?.etag ?? '' },
    updateMask: { paths: ['name'] },
    tenant,
  })
  expect(changed.product).toMatchObject({ name: 'New name', retired: false })
  expect(changed.product?.surfaces).toHaveLength(1)
  const stale = server.operator.call(updateProduct)({
    product: { key: 'named', name: 'Lost', etag: product?.etag ?? '' },
    updateMask: { paths: ['name'] },
    tenant,
  })
  expect(await failureOf(stale)).toMatchObject({ code: 'ETAG_MISMATCH' })
})

test.each(['key', 'requires_entitlement', 'etag', 'constructor'])(
  'a mask that names %s is refused',
  async (path) => {
    await make(`fixed-${path.replaceAll('_', '-')}`)
    const attempt = server.operator.call(updateProduct)({
      product: { key: `fixed-${path.replaceAll('_', '-')}` },
      updateMask: { paths: [path] },
      tenant,
    })
    expect(await failureOf(attempt)).toMatchObject({ code: 'INVALID_FIELD', field: 'update_mask' })
  },
)

test('S001-15 S001-27 a product is restricted and opened while the server runs', async () => {
  const { revision } = await make('addon')
  expect(await ask('addon', revision)).toBe('yes OPEN_PRODUCT')
  const { call } = server.operator
  const closed = await call(restrictProduct)({ product: 'addon', requiresEntitlement: true, tenant })
  expect(closed.product?.requiresEntitlement).toBe(true)
  expect(await askNewcomer('addon', closed.revision)).toBe('no NO_GRANT')
  const open = await call(restrictProduct)({ product: 'addon', tenant })
  expect(await askNewcomer('addon', open.revision)).toBe('yes OPEN_PRODUCT')
})

test('a list goes through all products in pages, in order, each once', async () => {
  for (let n = 0; n < 7; n++) await make(`paged-${n}`)
  const seen: string[] = []
  let pageToken = ''
  do {
    const page = await server.operator.call(listProducts)({ pageSize: 3, pageToken, tenant })
    seen.push(...page.products.map(({ key }) => key))
    pageToken = page.nextPageToken
  } while (pageToken !== '')
  expect(seen).toEqual([...new Set(seen)].sort())
  expect(seen.filter((key) => key.startsWith('paged-'))).toHaveLength(7)
  const forged = server.operator.call(listProducts)({ pageSize: 3, pageToken: 'AAAA', tenant })
  expect(await failureOf(forged)).toMatchObject({ code: 'INVALID_FIELD', field: 'page_token' })
})

test('a repeat of a request id gets the first answer; another body under it is refused', async () => {
  const requestId = '7c0f1c53-4c56-4a0a-9d3e-c52d22bd9a11'
  const send = (name: string) =>
    server.operator.call(createProduct)({ product: { key: 'once', name }, requestId, tenant })
  const first = await send('Once')
  expect(await send('Once')).toEqual(first)
  expect(await failureOf(send('Twice'))).toMatchObject({ code: 'REQUEST_ID_REUSED' })
})

test.each(['service', 'gateway', 'auditor', 'delegate', 'worker'] as const)(
  'S000-16 a caller that is only a %s changes no product',
  async (role) => {
    const { client } = await server.caller(tenant, role)
    const attempt = client.call(restrictProduct)({ product: 'guide', requiresEntitlement: false })
    expect(await failureOf(attempt)).toMatchObject({ code: 'CALLER_NOT_ALLOWED' })
  },
)

test('V28 another tenant finds nothing by the same key, in path, body or page', async () => {
  await make('ours')
  const other = await server.caller(server.place.tenants.globex, 'tenant_admin')
  const { call } = other.client
  expect(await failureOf(call(getProduct)({ product: 'ours' }))).toMatchObject({ code: 'NOT_FOUND' })
  expect(await failureOf(call(getProduct)({ product: 'ours', tenant }))).toMatchObject({
    code: 'TENANT_MISMATCH',
  })
  const { nextPageToken } = await server.operator.call(listProducts)({ pageSize: 1, tenant })
  expect(await failureOf(call(listProducts)({ pageToken: nextPageToken }))).toMatchObject({
    code: 'INVALID_FIELD',
  })
})
