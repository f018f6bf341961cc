import { afterAll, beforeAll, expect, test } from 'vitest'
import { said } from '#test/end-to-end/said.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import {
  company,
  createDelegation,
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
