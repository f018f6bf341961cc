import { afterAll, beforeAll, expect, test } from 'vitest'
import { GrantService } from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { OrganizationService } from '#gen/vouchsafe/admin/v1/organization_service_pb.ts'
import { said } from '#test/end-to-end/said.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import {
  company,
  createDelegation,
  createOrganization,
  createSeatPool,
  entitlement,
  grantEntitlement,
  holder,
  person,
  plan,
} from './company.ts'
import { failureOf } from './failure-of.ts'

let server: Server
let acme: ReturnType<typeof company>
let tenant: string
beforeAll(async () => {
  server = await startServer()
  acme = company(server)
  tenant = acme.tenant
  await acme.module('shop', 'direct_user')
  await acme.module('office', 'org_hierarchy')
  await acme.module('school', 'delegated_admin')
  await acme.organization('hooli')
  await acme.member('hooli', 'gavin')
})
afterAll(() => server?.stop())

const call: Server['operator']['call'] = (method) => server.operator.call(method)
const early = entitlement('early_access')
const ask = async (sub: string, context: object, revision: string) =>
  said(
    await server.ask(sub, {
      entitlement: 'early_access',
      context,
      consistency: { demand: { case: 'atLeast', value: revision } },
    }),
  )

test('S003-3 S003-5 S003-37 in a direct_user module a person holds rights with no organization', async () => {
  const given = await call(grantEntitlement)({
    holder: holder.person('sole'),
    target: early,
    module: 'shop',
    tenant,
  })
  expect(await ask('sole', { module: 'shop' }, given.revision)).toBe('yes GRANTED')
  expect(await ask('sole', { module: 'office' }, given.revision)).toMatch(/^no /)
})

test('S003-4 S003-37 S003-38 in an org_hierarchy module the organization holds them, and hands out its seats', async () => {
  const pool = await acme.pool('hooli', 'desks', '', 'office')
  await acme.buy('hooli', 'desks', 1, { target: early, module: 'office' })
  const seat = await acme.assign(pool, 'gavin')
  const there = { organization: 'hooli', module: 'office' }
  expect(await ask('gavin', there, seat.revision)).toBe('yes SEAT')
  expect(await ask('gavin', { module: 'office' }, seat.revision)).toMatch(/^no /)
})

test('S003-6 S003-37 in a delegated_admin module a delegate hands them out, beside both others', async () => {
  const made = await call(createDelegation)({
    delegation: { delegate: person('dean'), organization: 'hooli', module: 'school', mayGrant: [early] },
    tenant,
  })
  await ask('sole', {}, made.revision)
  const dean = server.connect(await server.place.token('dean'))
  const given = await dean.call(grantEntitlement)({
    holder: holder.person('gavin'),
    target: early,
    module: 'school',
    scopeOrganization: 'hooli',
  })
  expect(await ask('gavin', { organization: 'hooli', module: 'school' }, given.revision)).toBe('yes GRANTED')
  for (const module of ['office', 'shop']) {
    const attempt = call(createDelegation)({
      delegation: { delegate: person('dean'), organization: 'hooli', module, mayGrant: [early] },
      tenant,
    })
    expect(await failureOf(attempt)).toMatchObject({ code: 'FAILED_PRECONDITION', module })
  }
})

test.each([
  ['an organization’s right where rights are people’s', 'shop', 'organization', ''],
  ['a person’s right of no organization where they are organizations’', 'office', 'person', ''],
  ['a person’s right of no organization where delegates hand them out', 'school', 'person', ''],
] as const)('S003-3 refused: %s', async (_, module, who, scopeOrganization) => {
  const attempt = call(grantEntitlement)({
    holder: who === 'person' ? holder.person('gavin') : holder.organization('hooli'),
    target: plan('team'),
    module,
    scopeOrganization,
    tenant,
  })
  expect(await failureOf(attempt)).toMatchObject({ code: 'FAILED_PRECONDITION', module })
})

test('S003-3 a direct_user module has no seats; an unknown module nothing', async () => {
  const make = (module: string) =>
    call(createSeatPool)({ pool: { organization: 'hooli', key: 'x', module }, tenant })
  expect(await failureOf(make('shop'))).toMatchObject({
    code: 'FAILED_PRECONDITION',
    provisioning: 'direct_user',
  })
  expect(await failureOf(make('nowhere'))).toMatchObject({ code: 'NOT_FOUND' })
})

test('S003-3 S004-12 a promotion to people reaches each of the three models, where it names the organization', async () => {
  const { batchGrant } = GrantService.method
  const promote = (sourceRef: string, more: object) =>
    call(batchGrant)({ target: early, sourceRef, tenant, ...more })
  const people = ['hal', 'ida']
  for (const sub of people) await acme.member('hooli', sub)
  const holders = people.map((sub) => holder.person(sub))
  for (const module of ['office', 'school']) {
    const refused = await failureOf(promote('gift', { holders, module }))
    expect(refused).toMatchObject({ code: 'FAILED_PRECONDITION', module })
    const given = await promote('gift', { holders, module, scopeOrganization: 'hooli' })
    expect(given).toMatchObject({ granted: 2, unchanged: 0 })
    for (const sub of people) {
      expect(await ask(sub, { organization: 'hooli', module }, given.revision)).toBe('yes GRANTED')
      expect(await ask(sub, { module }, given.revision)).toMatch(/^no /)
    }
    const again = await promote('gift', { holders, module, scopeOrganization: 'hooli' })
    expect(again).toMatchObject({ granted: 0, unchanged: 2, revision: given.revision })
  }
  const shop = await promote('gift', { holders, module: 'shop' })
  expect(await ask('hal', { module: 'shop' }, shop.revision)).toBe('yes GRANTED')
  const { grants } = await call(GrantService.method.listGrants)({ holder: holder.person('hal'), tenant })
  const { organization } = await call(OrganizationService.method.getOrganization)({
    organization: 'hooli',
    tenant,
  })
  const at = organization?.id ?? ''
  expect(grants.map((grant) => [grant.module, grant.scopeOrganization]).sort()).toEqual([
    ['office', at],
    ['school', at],
    ['shop', ''],
  ])
})

test('a promotion in another organization is another one; to organizations, or in an unknown one, it is refused', async () => {
  const { batchGrant } = GrantService.method
  const promote = (more: object) => call(batchGrant)({ target: early, sourceRef: 'both', tenant, ...more })
  await acme.organization('raviga')
  const holders = [holder.person('gavin')]
  for (const scopeOrganization of ['hooli', 'raviga', ''])
    expect(await promote({ holders, scopeOrganization })).toMatchObject({ granted: 1 })
  const organizations = [holder.organization('hooli')]
  expect(await failureOf(promote({ holders: organizations, scopeOrganization: 'hooli' }))).toMatchObject({
    code: 'INVALID_FIELD',
    field: 'scope_organization',
  })
  expect(await failureOf(promote({ holders, scopeOrganization: 'nowhere' }))).toMatchObject({
    code: 'NOT_FOUND',
  })
  const theirs = await call(createOrganization)({
    organization: { key: 'foreign' },
    tenant: server.place.tenants.globex,
  })
  const foreign = theirs.organization?.id ?? ''
  expect(await failureOf(promote({ holders, scopeOrganization: foreign }))).toMatchObject({
    code: 'NOT_FOUND',
  })
})

test('of those who hold something, a promotion in an organization passes over organizations', async () => {
  const target = entitlement('copilot_paid')
  for (const each of [holder.person('gavin'), holder.organization('hooli')])
    await call(grantEntitlement)({ holder: each, target, tenant })
  const asked = { target: early, holdersOf: target, sourceRef: 'to-holders', module: 'office', tenant }
  const { batchGrant } = GrantService.method
  const given = await call(batchGrant)({ ...asked, scopeOrganization: 'hooli' })
  const people = await server.write(
    tenant,
    (tx) => tx`select from vouchsafe.grants where tenant_id = ${tenant} and source_ref = 'to-holders'
      and subject_id is not null and organization_id is null and scope_organization_id is not null`,
  )
  expect(given.granted).toBe(people.length)
  expect(given.granted).toBeGreaterThan(0)
})
