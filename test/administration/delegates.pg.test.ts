import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AuditService } from '#gen/vouchsafe/admin/v1/audit_service_pb.ts'
import type { DelegationSchema } from '#gen/vouchsafe/admin/v1/delegation_service_pb.ts'
import type { GrantEntitlementRequestSchema } from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { said } from '#test/end-to-end/said.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import {
  addMember,
  assignSeat,
  cancelInvitation,
  company,
  createDelegation,
  createOrganization,
  createSeatPool,
  entitlement,
  getDelegation,
  grantEntitlement,
  holder,
  inviteToSeat,
  listDelegations,
  listGrants,
  listMembers,
  listSeats,
  person,
  plan,
  product,
  releaseSeat,
  removeMember,
  revokeDelegation,
  revokeEntitlement,
  updateMember,
  updateOrganization,
} from './company.ts'
import { failureOf } from './failure-of.ts'

let server: Server
let acme: ReturnType<typeof company>
let tenant: string
beforeAll(async () => {
  server = await startServer()
  acme = company(server)
  tenant = acme.tenant
  await acme.module('school', 'delegated_admin')
  await acme.module('library', 'delegated_admin')
  await acme.organization('district')
  await acme.organization('north', 'district')
  await acme.organization('north-class', 'north')
  await acme.organization('south', 'district')
  await acme.member('north', 'nora')
  await acme.member('north-class', 'nick')
  await acme.member('south', 'sam')
})
afterAll(() => server?.stop())

const call: Server['operator']['call'] = (method) => server.operator.call(method)
type Delegation = Partial<MessageInitShape<typeof DelegationSchema>>
/** A delegate of the north with its own token. */
async function delegate(sub: string, more: Delegation = {}) {
  const { delegation, revision } = await call(createDelegation)({
    delegation: {
      delegate: person(sub),
      organization: 'north',
      module: 'school',
      mayGrant: [entitlement('early_access'), product('runner'), plan('team')],
      ...more,
    } as MessageInitShape<typeof DelegationSchema>,
    tenant,
  })
  await fresh(revision)
  return { id: delegation?.id ?? '', delegation, client: server.connect(await server.place.token(sub)) }
}
const fresh = (revision: string) =>
  server.ask('alice', {
    entitlement: 'member',
    consistency: { demand: { case: 'atLeast', value: revision } },
  })
const ask = async (sub: string, revision: string, context: object) =>
  said(
    await server.ask(sub, {
      entitlement: 'early_access',
      context,
      consistency: { demand: { case: 'atLeast', value: revision } },
    }),
  )
type Grant = Partial<MessageInitShape<typeof GrantEntitlementRequestSchema>>
const early = (more: Grant = {}) =>
  ({
    holder: holder.person('nick'),
    target: entitlement('early_access'),
    module: 'school',
    scopeOrganization: 'north-class',
    ...more,
  }) as MessageInitShape<typeof GrantEntitlementRequestSchema>
const refused = (what: string) => ({ code: 'CALLER_NOT_ALLOWED', role: 'delegate', what })

test('S003-6 a delegate gives and takes what is listed, inside its organization, and it is seen at once', async () => {
  const { client } = await delegate('dean')
  const given = await client.call(grantEntitlement)(early())
  const there = { organization: 'north-class', module: 'school' }
  expect(await ask('nick', given.revision, there)).toBe('yes GRANTED')
  expect(await ask('nick', given.revision, { ...there, module: 'library' })).toMatch(/^no /)
  expect(await ask('nick', given.revision, { module: 'school' })).toMatch(/^no /)
  const { grants } = await client.call(listGrants)({ holder: holder.person('nick') })
  expect(grants.map(({ id }) => id)).toEqual([given.grant?.id])
  const taken = await client.call(revokeEntitlement)({ grantId: given.grant?.id ?? '' })
  expect(await ask('nick', taken.revision, there)).toMatch(/^no /)
  const wide = await client.call(grantEntitlement)(
    early({ holder: holder.organization('north'), scopeOrganization: '' }),
  )
  expect(await ask('nick', wide.revision, there)).toBe('yes GRANTED')
  await client.call(revokeEntitlement)({
    holder: holder.organization('north'),
    target: entitlement('early_access'),
  })
})

test('S003-13 the history says which person handed out what, and why', async () => {
  const { client, delegation } = await delegate('diarist')
  const { revision } = await client.call(grantEntitlement)(
    early({ sourceRef: 'diary', reason: 'asked nicely' }),
  )
  const actor = delegation?.delegate?.person.value as string
  const { changes } = await call(AuditService.method.listChanges)({ actor, tenant })
  expect(changes).toMatchObject([{ action: 'AdminEntitlementGranted', reason: 'asked nicely', actor }])
  expect(revision).not.toBe('')
  await call(revokeEntitlement)({
    holder: holder.person('nick'),
    target: entitlement('early_access'),
    tenant,
  })
})

test.each<[string, string, Grant]>([
  ['an entitlement that is not listed', 'target', { target: entitlement('reports') }],
  ['a plan that is not listed', 'target', { target: plan('pro') }],
  ['what a listed plan gives, singly', 'target', { target: entitlement('enterprise_sso') }],
  ['a person of another organization', 'holder', { holder: holder.person('sam') }],
  ['a person of none', 'holder', { holder: holder.person('never-seen') }],
  ['another organization', 'organization', { holder: holder.organization('south'), scopeOrganization: '' }],
  [
    'the organization above',
    'organization',
    { holder: holder.organization('district'), scopeOrganization: '' },
  ],
  ['a right that counts above', 'organization', { scopeOrganization: 'district' }],
  ['a right that counts elsewhere', 'organization', { scopeOrganization: 'south' }],
  ['a right that counts everywhere', 'scope_organization', { scopeOrganization: '' }],
  ['a module that is not delegated', 'module', { module: 'library' }],
  ['a module of another provisioning', 'module', { module: 'workplace' }],
  ['a right of every module', 'module', { module: '' }],
  ['a denial', 'effect', { effect: 2 }],
  ['an override', 'effect', { effect: 3 }],
  ['another source', 'source', { source: 'contract' }],
  ['a value', 'value', { value: { kind: { case: 'boolValue', value: true } } }],
  ['a right from before', 'starts_at', { startsAt: timestampFromMs(Date.now() - 86_400_000) }],
])('S003-6 a delegate gives nothing out of reach: %s', async (name, what, more) => {
  const { client } = await delegate(`kept-from-${name.replaceAll(/\W/g, '-')}`)
  expect(await failureOf(client.call(grantEntitlement)(early(more)))).toMatchObject(refused(what))
})

test('S003-6 a delegate adds no seats, and a right begins only while it is a delegate', async () => {
  await acme.pool('north', 'bought', '', 'school')
  const { client } = await delegate('short', { endsAt: timestampFromMs(Date.now() + 600_000) })
  const seats = early({
    holder: holder.organization('north'),
    scopeOrganization: '',
    target: plan('team'),
    pool: 'bought',
    quantity: 5,
  })
  expect(await failureOf(client.call(grantEntitlement)(seats))).toMatchObject(refused('pool'))
  const late = early({ startsAt: timestampFromMs(Date.now() + 3_600_000) })
  expect(await failureOf(client.call(grantEntitlement)(late))).toMatchObject(refused('starts_at'))
})

test('S003-6 a delegate takes nothing of others: what is bought, unlisted, elsewhere or denied', async () => {
  const { client } = await delegate('taker')
  const give = (more: Grant) => call(grantEntitlement)({ ...early(more), tenant })
  const others = [
    await give({ source: 'contract' }),
    await give({ target: entitlement('reports') }),
    await give({ holder: holder.person('sam'), scopeOrganization: 'south' }),
    await give({ scopeOrganization: 'district', sourceRef: 'above' }),
    await give({ module: '', sourceRef: 'everywhere' }),
    await give({ effect: 2, sourceRef: 'denied' }),
  ]
  for (const { grant } of others) {
    const attempt = client.call(revokeEntitlement)({ grantId: grant?.id ?? '' })
    expect(await failureOf(attempt)).toMatchObject({ code: 'CALLER_NOT_ALLOWED', role: 'delegate' })
  }
  // What an admin withholds stays withheld, though the delegate may give it.
  const { revision } = await client.call(grantEntitlement)(early())
  const there = { organization: 'north-class', module: 'school' }
  expect(await ask('nick', revision, there)).toBe('no DENIED_BY_RULE')
  // It sees all that is there of what it may give, whoever gave or denied it.
  const seen = await client.call(listGrants)({ holder: holder.person('nick') })
  expect(seen.grants.map(({ source }) => source).sort()).toEqual(['admin', 'admin', 'contract'])
  for (const { grant } of others) await call(revokeEntitlement)({ grantId: grant?.id ?? '', tenant })
})

test('S003-6 a delegation ends at its date, by being revoked, and with its module’s provisioning', async () => {
  const ended = await delegate('ended', { endsAt: timestampFromMs(Date.now() + 800) })
  const { client, id } = await delegate('dismissed')
  await client.call(grantEntitlement)(early({ sourceRef: 'dismissed' }))
  const done = await call(revokeDelegation)({ delegation: id, tenant })
  await fresh(done.revision)
  const after = await failureOf(client.call(grantEntitlement)(early({ sourceRef: 'x' })))
  expect(after).toMatchObject({ code: 'CALLER_UNAUTHENTICATED' })
  await expect
    .poll(
      async () =>
        (await failureOf(ended.client.call(grantEntitlement)(early({ scopeOrganization: 'south' })))).code,
    )
    .toBe('CALLER_UNAUTHENTICATED')
  const listed = await call(listDelegations)({ organization: 'north', pageSize: 1000, tenant })
  expect(listed.delegations.map((each) => each.id)).not.toContain(id)
  expect((await call(getDelegation)({ delegation: id, tenant })).delegation?.revokedAt).toBeDefined()
})

test('S003-6 a delegate hands out only as many seats as it may, with its invitations', async () => {
  const pool = await acme.pool('north', 'class', '', 'school')
  await acme.buy('north', 'class', 5, { sourceRef: 'class', module: 'school' })
  const { client, id } = await delegate('usher', { maxSeats: 2 })
  const first = await client.call(assignSeat)({ pool, person: person('nick') })
  expect(first.changed).toBe(true)
  expect((await client.call(assignSeat)({ pool, person: person('nick') })).changed).toBe(false)
  const { invitation } = await client.call(inviteToSeat)({ pool })
  const third = () => client.call(assignSeat)({ pool, person: person('nora') })
  expect(await failureOf(third())).toMatchObject({ ...refused('max_seats'), value: '2' })
  expect(await failureOf(client.call(inviteToSeat)({ pool }))).toMatchObject(refused('max_seats'))
  expect((await call(getDelegation)({ delegation: id, tenant })).delegation?.seatsHandedOut).toBe(2)
  await client.call(cancelInvitation)({ invitation: invitation?.id ?? '' })
  await third()
  await client.call(releaseSeat)({ pool, person: person('nick') })
  expect((await client.call(listSeats)({ pool })).seats).toHaveLength(1)
})

test('S003-6 a delegate that asks for many seats at once gets as many as it may', async () => {
  const pools: string[] = []
  for (const key of ['rush-1', 'rush-2']) {
    pools.push(await acme.pool('north', key, '', 'school'))
    await acme.buy('north', key, 50, { sourceRef: key, module: 'school' })
  }
  const { client } = await delegate('rusher', { maxSeats: 3 })
  const asked = Array.from({ length: 12 }, (_, n) => client.call(inviteToSeat)({ pool: pools[n % 2] ?? '' }))
  const outcomes = await Promise.allSettled(asked)
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
})

test('S003-6 a delegate reaches no pool of another organization, module or plan', async () => {
  const { client } = await delegate('curious')
  const pools = [
    await acme.pool('south', 'theirs', '', 'school'),
    await acme.pool('district', 'above', '', 'school'),
    await acme.pool('north', 'reading', '', 'library'),
    await acme.pool('north', 'any-module'),
  ]
  const mixed = await acme.pool('north', 'mixed', '', 'school')
  await acme.buy('north', 'mixed', 5, { sourceRef: 'mixed-1', module: 'school' })
  await acme.buy('north', 'mixed', 5, { sourceRef: 'mixed-2', module: 'school', target: plan('pro') })
  for (const pool of [...pools, mixed]) {
    const attempts = [
      () => client.call(assignSeat)({ pool, person: person('nick') }),
      () => client.call(releaseSeat)({ pool, person: person('nick') }),
      () => client.call(inviteToSeat)({ pool }),
      () => client.call(listSeats)({ pool }),
    ]
    for (const attempt of attempts)
      expect(await failureOf(attempt())).toMatchObject({ code: 'CALLER_NOT_ALLOWED', role: 'delegate' })
  }
})

test('S003-6 a delegate adds and removes plain members of its organization, and no others', async () => {
  const { client } = await delegate('host')
  const add = (organization: string, sub: string, role = '') =>
    client.call(addMember)({ organization, person: person(sub), role })
  await add('north-class', 'new-pupil')
  expect((await client.call(listMembers)({ organization: 'north-class' })).members).toHaveLength(2)
  await client.call(removeMember)({ organization: 'north-class', person: person('new-pupil') })
  expect(await failureOf(add('north', 'boss', 'owner'))).toMatchObject(refused('role'))
  expect(await failureOf(add('south', 'boss'))).toMatchObject(refused('organization'))
  expect(await failureOf(add('district', 'boss'))).toMatchObject(refused('organization'))
  await acme.member('north', 'head', 'admin')
  const remove = client.call(removeMember)({ organization: 'north', person: person('head') })
  expect(await failureOf(remove)).toMatchObject(refused('role'))
  const elsewhere = client.call(removeMember)({ organization: 'south', person: person('sam') })
  expect(await failureOf(elsewhere)).toMatchObject(refused('organization'))
  expect(await failureOf(client.call(listMembers)({ organization: 'south' }))).toMatchObject(
    refused('organization'),
  )
})

test('S003-6 a delegate does nothing else: not delegate, not administer, not ask about others', async () => {
  const { client } = await delegate('eager')
  const attempts = [
    () => client.call(createDelegation)({ delegation: { delegate: person('eager'), organization: 'north' } }),
    () => client.call(listDelegations)({}),
    () => client.call(createOrganization)({ organization: { key: 'mine' } }),
    () => client.call(createSeatPool)({ pool: { organization: 'north', key: 'mine' } }),
    () => client.call(updateMember)({ organization: 'north', person: person('nora'), role: 'owner' }),
  ]
  for (const attempt of attempts)
    expect(await failureOf(attempt())).toMatchObject({ code: 'CALLER_NOT_ALLOWED' })
})

test('S003-6 a caller with the role alone, by a key of nobody’s, reaches nothing', async () => {
  const { client } = await server.caller(tenant, 'delegate')
  expect(await failureOf(client.call(grantEntitlement)(early()))).toMatchObject({
    code: 'CALLER_NOT_ALLOWED',
    what: 'delegation',
  })
})

test('S003-6 an organization that is moved away is out of reach with all that is in it', async () => {
  const { client } = await delegate('left-behind')
  await acme.organization('wandering', 'north')
  await acme.member('wandering', 'wanda')
  const give = () =>
    client.call(grantEntitlement)(early({ holder: holder.person('wanda'), scopeOrganization: 'wandering' }))
  const given = await give()
  await call(updateOrganization)({
    organization: { key: 'wandering', parent: 'south' },
    updateMask: { paths: ['parent'] },
    tenant,
  })
  expect(await failureOf(give())).toMatchObject(refused('organization'))
  const take = client.call(revokeEntitlement)({ grantId: given.grant?.id ?? '' })
  expect(await failureOf(take)).toMatchObject(refused('organization'))
})
