import type { DescMethodUnary, MessageInitShape } from '@bufbuild/protobuf'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AuditService } from '#gen/vouchsafe/admin/v1/audit_service_pb.ts'
import { PlanService } from '#gen/vouchsafe/admin/v1/plan_service_pb.ts'
import type { Preview } from '#gen/vouchsafe/admin/v1/preview_pb.ts'
import { ProductService } from '#gen/vouchsafe/admin/v1/product_service_pb.ts'
import { ResourceService } from '#gen/vouchsafe/admin/v1/resource_service_pb.ts'
import { RouteService } from '#gen/vouchsafe/admin/v1/route_service_pb.ts'
import { TenantService } from '#gen/vouchsafe/admin/v1/tenant_service_pb.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import {
  acceptInvitation,
  addMember,
  assignSeat,
  cancelInvitation,
  company,
  createDelegation,
  createOrganization,
  createSeatPool,
  deleteOrganization,
  entitlement,
  grantEntitlement,
  holder,
  inviteToSeat,
  listInvitations,
  listMembers,
  listOrganizations,
  person,
  releaseSeat,
  removeMember,
  revokeDelegation,
  updateMember,
  updateOrganization,
  updateSeatPool,
} from './company.ts'
import { failureOf } from './failure-of.ts'

let server: Server
let acme: ReturnType<typeof company>
let tenant: string
let pool: string
/** Ids of organizations and of people, by key and name. */
const ids = new Map<string, string>()
/** Where a preview asks about somebody: the organizations that they are in sooner or later, and those above. */
const places: Readonly<Record<string, readonly string[]>> = {
  tia: ['', 'firm'],
  una: ['', 'team', 'firm'],
  vic: ['', 'firm'],
  wes: ['', 'shop', 'firm'],
}
const keys = ['enterprise_sso', 'early_access', 'docs_paid', 'copilot_paid'] as const

beforeAll(async () => {
  server = await startServer()
  acme = company(server)
  tenant = acme.tenant
  for (const key of ['firm', 'team', 'shop'])
    ids.set(key, (await acme.organization(key)).organization?.id ?? '')
  for (const [name, place] of [
    ['tia', 'firm'],
    ['una', 'team'],
    ['vic', 'firm'],
    ['wes', 'shop'],
  ] as const)
    ids.set(name, (await acme.member(place, name)).member?.subject ?? '')
  await call(grantEntitlement)({
    holder: holder.organization('firm'),
    target: entitlement('early_access'),
    tenant,
  })
  pool = await acme.pool('firm', 'desks', 'keep')
  await acme.buy('firm', 'desks', 2, { target: entitlement('enterprise_sso') })
})
afterAll(() => server?.stop())

const call: Server['operator']['call'] = (method) => server.operator.call(method)
const head = () =>
  server.write(tenant, (tx) => tx`select revision, chain from vouchsafe.head where tenant_id = ${tenant}`)

type Answers = ReadonlyMap<string, boolean>

/** What everybody may, everywhere. */
async function everyAnswer(revision = ''): Promise<Answers> {
  const answers = new Map<string, boolean>()
  const consistency = revision === '' ? {} : { consistency: { demand: { case: 'atLeast', value: revision } } }
  const asked = Object.keys(places).flatMap((name) =>
    (places[name] ?? []).flatMap((place) => keys.map((key) => ({ name, place, key }) as const)),
  )
  for (let from = 0; from < asked.length; from += 100) {
    const some = asked.slice(from, from + 100)
    const { results } = await server.operator.batchCheck({
      checks: some.map(({ name, place, key }) => ({
        subject: { subject: { case: 'principal', value: { id: ids.get(name) ?? '' } } },
        entitlement: key,
        context: { organization: ids.get(place) ?? '' },
        tenant,
        ...consistency,
      })),
    } as never)
    for (const [n, { name, place, key }] of some.entries()) {
      const { result } = results[n] ?? {}
      answers.set(`${name} ${key} ${place}`, result?.case === 'response' && result.value.allowed)
    }
  }
  return answers
}

/** Of a preview's flips those that are asked about here. */
function foretold(preview: Preview | undefined): readonly string[] {
  const names = new Map([...ids].map(([name, id]) => [id, name]))
  return (preview?.flips ?? [])
    .filter(({ product, resource, module }) => product + resource + module === '')
    .filter((flip) => (keys as readonly string[]).includes(flip.entitlement) && names.has(flip.subject))
    .map((flip) => {
      const question = `${names.get(flip.subject)} ${flip.entitlement} ${names.get(flip.organization) ?? ''}`
      return `${question} ${flip.allowed}`
    })
    .sort()
}

function turned(before: Answers, after: Answers): readonly string[] {
  const flips = [...after].filter(([question, allowed]) => before.get(question) !== allowed)
  return flips.map(([question, allowed]) => `${question} ${allowed}`).sort()
}

/** Those outside of organizations: in others than somebody’s a preview does not ask. */
const outside = (flips: readonly string[]) => flips.filter((flip) => flip.includes('  '))

type Answer = { readonly revision: string; readonly preview?: Preview }

/** Tries a change out, twice, does it, and gives what it turned: the same as was foretold. */
async function does<I extends DescMethodUnary>(
  method: I,
  request: MessageInitShape<I['input']>,
  compared: (flips: readonly string[]) => readonly string[] = (flips) => flips,
) {
  const send = (dryRun: boolean) =>
    call(method)({ ...request, tenant, dryRun } as never) as unknown as Promise<Answer>
  const place = await head()
  const before = await everyAnswer()
  const tried = await send(true)
  expect(tried.preview).toBeDefined()
  expect((await send(true)).preview).toEqual(tried.preview)
  expect(await head()).toEqual(place)
  expect(await everyAnswer()).toEqual(before)
  const real = await send(false)
  expect(real.preview).toBeUndefined()
  const flips = turned(before, await everyAnswer(real.revision))
  expect(compared(foretold(tried.preview))).toEqual(compared(flips))
  return { flips, tried: tried as never, real: real as never }
}
const flipsOf = async (...all: Parameters<typeof does>) => (await does(...all)).flips

test('S001-8 S003-16 what a dry run says of a tree of organizations and its members is what then happens', async () => {
  expect(await flipsOf(createOrganization, { organization: { key: 'lab', name: 'Lab' } })).toEqual([])
  expect(
    await flipsOf(updateOrganization, {
      organization: { key: 'team', parent: 'firm' },
      updateMask: { paths: ['parent'] },
    }),
  ).toEqual(['una early_access firm true', 'una early_access team true'])
  expect(await flipsOf(addMember, { organization: 'firm', person: person('wes') })).toEqual([
    'wes early_access firm true',
  ])
  expect(await flipsOf(updateMember, { organization: 'firm', person: person('wes'), role: 'owner' })).toEqual(
    [],
  )
  expect(await flipsOf(removeMember, { organization: 'firm', person: person('wes') })).toEqual([
    'wes early_access firm false',
  ])
  expect(await flipsOf(deleteOrganization, { organization: 'lab' })).toEqual([])
  const { organizations } = await call(listOrganizations)({ tenant, pageSize: 100 })
  expect(organizations.map(({ key }) => key)).not.toContain('lab')
})

test('S001-8 S003-47 what a dry run says of seats is what then happens, also where one suspends another', async () => {
  expect(await flipsOf(createSeatPool, { pool: { organization: 'firm', key: 'more' } })).toEqual([])
  expect(await flipsOf(assignSeat, { pool, person: person('tia') })).toEqual(['tia enterprise_sso firm true'])
  expect(await flipsOf(assignSeat, { pool, person: person('vic') })).toEqual(['vic enterprise_sso firm true'])
  expect(
    await failureOf(call(assignSeat)({ pool, person: person('una'), tenant, dryRun: true })),
  ).toMatchObject({ code: 'INSUFFICIENT_SEATS' })
  await acme.buy('firm', 'desks', 1, { target: entitlement('enterprise_sso') })
  const suspending = { pool: { id: pool, onShrink: 'suspend_newest' }, updateMask: { paths: ['on_shrink'] } }
  expect(await flipsOf(updateSeatPool, suspending)).toEqual(['vic enterprise_sso firm false'])
  expect(await flipsOf(releaseSeat, { pool, person: person('tia') })).toEqual([
    'tia enterprise_sso firm false',
    'vic enterprise_sso firm true',
  ])
  expect(await flipsOf(removeMember, { organization: 'firm', person: person('vic') })).toEqual([
    'vic early_access firm false',
    'vic enterprise_sso firm false',
  ])
})

test('an invitation that is tried out keeps no place and shows no code; one that is accepted for trial stays open', async () => {
  const tried = await call(inviteToSeat)({ pool, tenant, dryRun: true })
  expect(tried).toMatchObject({ code: '', preview: { gained: 0, lost: 0 } })
  expect((await call(listInvitations)({ pool, tenant })).invitations).toEqual([])
  const { code, invitation } = await call(inviteToSeat)({ pool, tenant })
  expect(
    await flipsOf(acceptInvitation, { code, accepter: { case: 'person', value: person('una') } }),
  ).toEqual(['una enterprise_sso firm true', 'una enterprise_sso team true'])
  expect(await flipsOf(releaseSeat, { pool, person: person('una') })).toHaveLength(2)
  const other = await call(inviteToSeat)({ pool, tenant })
  expect(await flipsOf(cancelInvitation, { invitation: other.invitation?.id ?? '' })).toEqual([])
  expect(invitation?.state).toBe('open')
})

test('a delegation is tried out: nobody may more by it, and nothing is made', async () => {
  await acme.module('school', 'delegated_admin')
  const delegation = {
    delegate: person('tia'),
    organization: 'firm',
    module: 'school',
    mayGrant: [entitlement('early_access')],
  }
  const { flips, real } = await does(createDelegation, { delegation })
  expect(flips).toEqual([])
  const { delegation: made } = real as { delegation: { id: string } }
  expect(await flipsOf(revokeDelegation, { delegation: made.id })).toEqual([])
})

test('S003-6 a delegate tries out what is within its reach, and is refused the rest as it would be', async () => {
  await call(createDelegation)({
    delegation: { delegate: person('tia'), organization: 'firm', mayGrant: [entitlement('early_access')] },
    tenant,
  })
  const { revision } = await call(grantEntitlement)({
    holder: holder.person('tia'),
    target: entitlement('docs_paid'),
    tenant,
  })
  await everyAnswer(revision)
  const tia = server.connect(await server.place.token('tia'))
  const tried = await tia.call(addMember)({ organization: 'firm', person: person('wes'), dryRun: true })
  expect(foretold(tried.preview)).toEqual(['wes early_access firm true'])
  const { members } = await call(listMembers)({ organization: 'firm', tenant })
  expect(members.map(({ subject }) => subject)).not.toContain(ids.get('wes'))
  const beyond = tia.call(addMember)({ organization: 'shop', person: person('vic'), dryRun: true })
  expect(await failureOf(beyond)).toMatchObject({ code: 'CALLER_NOT_ALLOWED' })
  const beyondAll = tia.call(deleteOrganization)({ organization: 'shop', dryRun: true })
  expect(await failureOf(beyondAll)).toMatchObject({ code: 'CALLER_NOT_ALLOWED' })
})

test('settings of the tenant are tried out: a default tier, and its end', async () => {
  const { updateTenant } = TenantService.method
  const set = async (fields: object, path: string, dryRun = true) => {
    const request = { tenant: { key: 'acme', ...fields }, updateMask: { paths: [path] }, dryRun }
    return call(updateTenant)(request as never)
  }
  const place = await head()
  const { preview, tenant: shown } = await set({ defaultTier: 'pro' }, 'default_tier')
  expect(shown?.defaultTier).toBe('pro')
  expect(foretold(preview)).toContain('wes docs_paid  true')
  expect((await set({ suspended: true }, 'suspended')).preview?.lost).toBeGreaterThan(0)
  expect(await head()).toEqual(place)
  const before = await everyAnswer()
  const real = await set({ defaultTier: 'pro' }, 'default_tier', false)
  expect(outside(foretold(preview))).toEqual(outside(turned(before, await everyAnswer(real.revision))))
})

test('what else is written about products, plans, pages and routes is tried out as well', async () => {
  const { createProduct } = ProductService.method
  const { createPlan, createPlanVersion, updatePlanVersion, retirePlanVersion, publishPlanVersion } =
    PlanService.method
  const { putResource, deleteResource } = ResourceService.method
  const { createRoute, updateRoute, deleteRoute } = RouteService.method
  for (const [method, request] of [
    [createProduct, { product: { key: 'atlas', name: 'Atlas' } }],
    [createPlan, { plan: { key: 'lite', kind: 'base' } }],
    [createPlanVersion, { plan: 'lite', items: [{ entitlement: 'early_access' }] }],
    [updatePlanVersion, { version: 'lite@1', items: [{ entitlement: 'docs_paid' }] }],
  ] as const)
    await does(method as never, request as never)
  await call(publishPlanVersion)({ version: 'lite@1', tenant })
  for (const [method, request] of [
    [retirePlanVersion, { version: 'lite@1' }],
    [putResource, { resource: { kind: 'content', key: 'atlas' } }],
    [deleteResource, { kind: 'content', key: 'atlas' }],
  ] as const)
    await does(method as never, request as never)
  const { real } = await does(createRoute, { route: { pattern: '/a', anyOf: ['early_access'] } })
  const { id } = (real as { route: { id: string } }).route
  await does(updateRoute, { route: { id, anyOf: ['docs_paid'] }, updateMask: { paths: ['any_of'] } })
  await does(deleteRoute, { route: id })
})

test('S001-29 an erasure is tried out: what would go and who would lose by it, and all of it is still there', async () => {
  await call(grantEntitlement)({ holder: holder.person('wes'), target: entitlement('early_access'), tenant })
  const { tried, flips } = await does(
    AuditService.method.eraseSubject,
    { subject: ids.get('wes') ?? '' },
    outside,
  )
  expect(tried).toMatchObject({ revokedGrants: 1 })
  expect(flips).toContain('wes early_access  false')
})
