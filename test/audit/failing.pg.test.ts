import { afterAll, beforeAll, expect, test } from 'vitest'
import { ProductService } from '#gen/vouchsafe/admin/v1/product_service_pb.ts'
import { failureOf } from '#test/administration/failure-of.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

test.each(['effect', 'change'])(
  'F48 S003-36 where the audit cannot be written (%s), nothing is',
  async (table) => {
    const { sql } = server.place.database
    const tenant = server.place.tenants.acme
    const state = () => sql`
    select (select jsonb_agg(h order by tenant_id) from vouchsafe.head h) as heads, (select count(*) from vouchsafe.products) as products,
      (select count(*) from vouchsafe.operations) as operations, (select count(*) from vouchsafe.effect) as effects`
    const { createProduct } = ProductService.method
    const requestId = '0b6f3d7e-0f7a-4c57-9b2e-8dd8a3f5c001'
    const make = () =>
      server.operator.call(createProduct)({ product: { key: `made-${table}` }, requestId, tenant })
    const before = await state()
    await sql.unsafe(`alter table vouchsafe.${table} add constraint full_disk check (false) not valid`)
    const failure = await failureOf(make())
    expect(failure.code).not.toBe('OK')
    expect(failure.message).not.toMatch(/full_disk|constraint|vouchsafe\./)
    expect(await state()).toEqual(before)
    await sql.unsafe(`alter table vouchsafe.${table} drop constraint full_disk`)
    // The same request, sent again, is done as if it had never failed.
    expect((await make()).product?.key).toBe(`made-${table}`)
    await sql`delete from vouchsafe.operations where request_id = ${requestId}`
  },
)
