import { afterAll, beforeAll, expect, test } from 'vitest'
import { Effect } from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { ModuleService } from '#gen/vouchsafe/admin/v1/module_service_pb.ts'
import { PlanService } from '#gen/vouchsafe/admin/v1/plan_service_pb.ts'
import type { Preview } from '#gen/vouchsafe/admin/v1/preview_pb.ts'
import { PriceService } from '#gen/vouchsafe/admin/v1/price_service_pb.ts'
import { ProductService } from '#gen/vouchsafe/admin/v1/product_service_pb.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { addIssuer } from '#test/fixtures/catalogue.ts'
import { type Academy, makeAcademy } from './academy.ts'
import { failureOf } from './failure-of.ts'

let server: Server
let academy: Academy
let tenant: string
beforeAll(async () => {
  server = await startServer()
  academy = await makeAcademy(server, 'academy')
  tenant = academy.tenant
})
afterAll(() => server?.stop())

const person = (id = '') => ({ holder: { case: 'subject', value: `sub_${id}` } }) as const
const course = { target: { case: 'product', value: 'course' } } as const
const member = { target: { case: 'entitlement', value: 'member' } } as const
const deny = (id?: string, more: object = {}) =>
  server.operator.grant({ holder: person(id), target: course, effect: Effect.DENY, tenant, ...more })
const flipsOf = (preview: Preview | undefined) =>
  preview?.flips.map(({ subject, product, entitlement, organization, allowed, reason }) =>
    [subject.slice(4), product, entitlement, organization.slice(4), allowed, reason].join(' '),
  )
const place = () =>
  server.write(tenant, (tx) => tx`select revision, chain from vouchsafe.head where tenant_id = ${tenant}`)

test('a denial, tried out, says who would lose what and why, and does nothing', async () => {
  const [alice = ''] = academy.people.direct
  const before = await place()
  const { preview, changed, grant, revision } = await deny(alice, { dryRun: true })
  expect(preview).toMatchObject({ gained: 0, lost: 1, partial: false })
  expect(flipsOf(preview)).toEqual([`${alice} course use  false DENIED_BY_RULE`])
  expect(grant?.effect).toBe(Effect.DENY)
  expect(changed).toBe(true)
  expect(await place()).toEqual(before)
  const { grants } = await server.operator.listGrants({ holder: person(alice), tenant, includeEnded: true })
  expect(grants).toHaveLength(1)
  const again = await deny(alice, { dryRun: true })
  expect(again.revision).toBe(revision)
})

test('of somebody who has no access, a denial takes none', async () => {
  const { preview } = await deny(academy.people.expired[0], { dryRun: true })
  expect(preview).toMatchObject({ gained: 0, lost: 0, compared: 1, flips: [] })
})

test('a right of an organization is asked about for all of its people, where it counts', async () => {
  const { company, team, people } = academy
  const target = member
  const holder = { holder: { case: 'organization', value: 'company' } } as const
  const { preview } = await server.operator.grant({
    holder,
    target,
    effect: Effect.DENY,
    tenant,
    dryRun: true,
  })
  const uses = flipsOf(preview)?.filter((flip) => flip.includes(' lab use '))
  const lost = (subject: string, organization: string) => `${subject} lab use ${organization} false`
  const told = uses?.map((flip) => flip.split(' ').slice(0, 5).join(' ')).sort()
  expect(told).toEqual(
    [
      ...people.company.map((subject) => lost(subject, company)),
      ...people.team.flatMap((subject) => [lost(subject, company), lost(subject, team)]),
    ].sort(),
  )
})

test('taking a right back, tried out', async () => {
  const [, alice = ''] = academy.people.direct
  const take = { holder: person(alice), target: member, tenant }
  const { preview, revoked } = await server.operator.revoke({ ...take, dryRun: true })
  expect(revoked).toHaveLength(1)
  expect(preview).toMatchObject({ gained: 0, lost: 4 })
  expect((await server.operator.revoke({ ...take, dryRun: true })).revoked).toHaveLength(1)
})

test('a plan version, tried out before it is published: whom the plan reaches without a grant', async () => {
  const { call } = server.operator
  const { createPlan, createPlanVersion, publishPlanVersion } = PlanService.method
  await call(createPlan)({ plan: { key: 'everyone', kind: 'tier', rank: 1 }, tenant })
  const items = [{ entitlement: 'member' }]
  await call(createPlanVersion)({ plan: 'everyone', items, tenant })
  const unsold = await call(publishPlanVersion)({ version: 'everyone@1', tenant, dryRun: true })
  expect(unsold.preview).toMatchObject({ gained: 0, lost: 0 })
  expect(unsold.version?.status).toBe('published')
  await server.write(
    tenant,
    (tx) => tx`update vouchsafe.tenants set default_tier = 'everyone' where tenant_id = ${tenant}`,
  )
  const sold = await call(publishPlanVersion)({ version: 'everyone@1', tenant, dryRun: true })
  // "member" itself and three products, for the fifteen without a right of their own and the twelve outside of theirs.
  expect(sold.preview).toMatchObject({ gained: 27 * 4, lost: 0 })
  const real = await call(publishPlanVersion)({ version: 'everyone@1', tenant })
  expect(real.preview).toBeUndefined()
  await server.write(
    tenant,
    (tx) => tx`update vouchsafe.tenants set default_tier = null where tenant_id = ${tenant}`,
  )
})

test('a mapping of a price gives nobody anything by itself', async () => {
  const { mapPrice, listPriceMappings } = PriceService.method
  const mapping = { externalId: 'price_1', target: { case: 'product', value: 'course' } } as const
  const { preview } = await server.operator.call(mapPrice)({ mapping, tenant, dryRun: true } as never)
  expect(preview).toMatchObject({ gained: 0, lost: 0 })
  expect((await server.operator.call(listPriceMappings)({ tenant })).mappings).toEqual([])
})

test('a module that gets members of its own, tried out', async () => {
  const { updateModule } = ModuleService.method
  const { preview } = await server.operator.call(updateModule)({
    module: { key: 'learn', memberEntitlement: '' },
    updateMask: { paths: ['member_entitlement'] },
    tenant,
    dryRun: true,
  })
  // Everyone who is none gets into three products; those of organizations also outside of them.
  expect(preview).toMatchObject({ gained: (15 + 12) * 3, lost: 0 })
})

test('a dry run uses up no request_id, and refuses what the real one would', async () => {
  const requestId = '0190a5d0-0000-7000-8000-000000000001'
  const [, , carol = ''] = academy.people.direct
  await deny(carol, { dryRun: true, requestId })
  const real = await server.operator.grant({ holder: person(carol), target: member, tenant, requestId })
  expect(real.preview).toBeUndefined()
  const unknown = { target: { case: 'product', value: 'no-such' } } as const
  expect(await failureOf(deny(carol, { dryRun: true, target: unknown }))).toMatchObject({ code: 'NOT_FOUND' })
})

test.each(['service', 'gateway', 'auditor', 'worker'] as const)(
  'S000-16 a caller that is only a %s tries nothing out either',
  async (role) => {
    const { client } = await server.caller(tenant, role)
    const attempt = client.call(ProductService.method.restrictProduct)({
      product: 'course',
      requiresEntitlement: true,
      dryRun: true,
    })
    expect(await failureOf(attempt)).toMatchObject({ code: 'CALLER_NOT_ALLOWED' })
  },
)

test('V28 another tenant is asked about nothing of this one', async () => {
  const other = await server.caller(server.place.tenants.globex, 'tenant_admin')
  const { call } = other.client
  const attempt = call(ProductService.method.restrictProduct)({
    product: 'course',
    requiresEntitlement: true,
    dryRun: true,
  })
  expect(await failureOf(attempt)).toMatchObject({ code: 'NOT_FOUND' })
})

test('what only a token says of somebody is not known: neither tried out nor kept', async () => {
  const audience = 'claims-only'
  await server.write(tenant, (tx) =>
    addIssuer(tx, tenant, {
      iss: 'https://claims.test',
      audiences: [audience],
      jwks: server.place.jwks,
      authority: 'both',
      claim_map: { role_entitlements: { learner: 'member' } },
    }),
  )
  const { preview, backfilledMembers, warnings } = await server.operator.call(
    ProductService.method.restrictProduct,
  )({
    product: 'course',
    requiresEntitlement: true,
    tenant,
    dryRun: true,
  })
  expect(backfilledMembers).toBe(40)
  expect(warnings).toEqual([
    expect.stringContaining('Only people with a row here'),
    expect.stringContaining('https://claims.test'),
  ])
  expect(preview).toMatchObject({ gained: 0, lost: 0 })
})
