import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addOrganization } from '#admin/organizations.ts'
import { ProductService } from '#gen/vouchsafe/admin/v1/product_service_pb.ts'
import { newId } from '#postgres/uuid.ts'
import { newTenant } from '#test/end-to-end/new-tenant.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { addEntitlement, addModule, addProduct } from '#test/fixtures/catalogue.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

const { restrictProduct } = ProductService.method

test.each([10_000])(
  'S001-8 a product of %i members is restricted while others ask',
  { timeout: 600_000 },
  async (count) => {
    const { tenant } = await newTenant(server, { key: `big-${count}`, default_module: 'main' })
    const subjects = Array.from({ length: count }, () => newId())
    await server.write(tenant, async (tx) => {
      const member = await addEntitlement(tx, tenant, { key: 'member' })
      await addModule(tx, tenant, { key: 'main', member_entitlement: 'member' })
      await addProduct(tx, tenant, { key: 'course' })
      const organization = await addOrganization(tx, tenant, { key: 'company' })
      for (let at = 0; at < count; at += 10_000) {
        const some = subjects.slice(at, at + 10_000)
        const ids = some.map(() => newId())
        await tx`insert into vouchsafe.subjects (tenant_id, id) select ${tenant}, unnest(${some}::uuid[])`
        await tx`insert into vouchsafe.organization_members (tenant_id, organization_id, subject_id)
          select ${tenant}, ${organization}, unnest(${some}::uuid[])`
        await tx`insert into vouchsafe.grants (tenant_id, id, subject_id, entitlement_id, source, starts_at)
          select ${tenant}, u.id, u.subject, ${member}, 'admin', now() - interval '1 day'
          from unnest(${ids}::uuid[], ${some}::uuid[]) u (id, subject)`
      }
    })
    const restrict = (dryRun: boolean) =>
      server.operator.call(restrictProduct)({ product: 'course', requiresEntitlement: true, tenant, dryRun })
    const dry = await measured(`dry run of ${count}`, () => restrict(true))
    expect(dry).toMatchObject({ backfilledMembers: count, preview: { gained: 0, lost: 0 } })
    const done = await measured(`restriction of ${count}`, () => restrict(false))
    expect(done.backfilledMembers).toBe(count)
    const open = await measured(`dry run of opening ${count}`, () =>
      server.operator.call(restrictProduct)({
        product: 'course',
        requiresEntitlement: false,
        tenant,
        dryRun: true,
      }),
    )
    expect(open.preview).toMatchObject({ gained: 0, lost: 0 })
  },
)

/** Times it, and Checks beside it. */
async function measured<T>(what: string, work: () => Promise<T>): Promise<T> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const checks: number[] = []
  let busy = true
  const asking = (async () => {
    while (busy) {
      const start = performance.now()
      await server.ask('alice', 'docs_paid')
      checks.push(performance.now() - start)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })()
  const start = performance.now()
  const result = await work().finally(() => {
    busy = false
  })
  const took = performance.now() - start
  await asking
  delay.disable()
  checks.sort((a, b) => a - b)
  const p99 = checks[Math.floor(checks.length * 0.99)] ?? 0
  const ms = (n: number) => `${n.toFixed(1)} ms`
  console.info(
    `${what}: ${ms(took)}; Checks beside it p99 ${ms(p99)}, max ${ms(checks.at(-1) ?? 0)}; ` +
      `event loop p99 ${ms(delay.percentile(99) / 1e6)}, max ${ms(delay.max / 1e6)}`,
  )
  return result
}
