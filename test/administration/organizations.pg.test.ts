import { afterAll, beforeAll, expect, test } from 'vitest'
import { addOrganization } from '#admin/organizations.ts'
import { said } from '#test/end-to-end/said.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import {
  company,
  createOrganization,
  deleteOrganization,
  entitlement,
  getOrganization,
  grantEntitlement,
  holder,
  listMembers,
  listOrganizations,
  person,
  removeMember,
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
})
afterAll(() => server?.stop())

const call: Server['operator']['call'] = (method) => server.operator.call(method)
const ask = async (sub: string, organization: string, revision: string) =>
  said(
    await server.ask(sub, {
      entitlement: 'enterprise_sso',
      context: { organization },
      consistency: { demand: { case: 'atLeast', value: revision } },
    }),
  )

test('S003-2 S003-16 a right of a company reaches the teams below it, and moves with what is below', async () => {
  await acme.organization('cyberdyne')
  await acme.organization('cyberdyne-research', 'cyberdyne')
  const { organization } = await acme.organization('cyberdyne-lab', 'cyberdyne-research')
  expect(organization?.id).toMatch(/^org_/)
  await acme.organization('tyrell')
  await acme.member('cyberdyne-lab', 'rick')
  const given = await call(grantEntitlement)({
    holder: holder.organization('cyberdyne'),
    target: entitlement('enterprise_sso'),
    tenant,
  })
  expect(await ask('rick', 'cyberdyne-lab', given.revision)).toBe('yes GRANTED')
  const moved = await call(updateOrganization)({
    organization: { key: 'cyberdyne-research', parent: 'tyrell' },
    updateMask: { paths: ['parent'] },
    tenant,
  })
  expect(await ask('rick', 'cyberdyne-lab', moved.revision)).toMatch(/^no /)
  const below = await call(listOrganizations)({ parent: 'tyrell', tenant })
  expect(below.organizations.map(({ key }) => key)).toEqual(['cyberdyne-research'])
  const back = await call(updateOrganization)({
    organization: { id: moved.organization?.id ?? '', parent: 'cyberdyne' },
    updateMask: { paths: ['parent'] },
    tenant,
  })
  expect(await ask('rick', 'cyberdyne-lab', back.revision)).toBe('yes GRANTED')
})

test('V24 no circle, however it is asked for', async () => {
  await acme.organization('loop-a')
  await acme.organization('loop-b', 'loop-a')
  await acme.organization('loop-c', 'loop-b')
  for (const parent of ['loop-a', 'loop-b', 'loop-c']) {
    const attempt = call(updateOrganization)({
      organization: { key: 'loop-a', parent },
      updateMask: { paths: ['parent'] },
      tenant,
    })
    expect((await failureOf(attempt)).code).toMatch(/FAILED_PRECONDITION|INVALID_FIELD/)
  }
})

test('V24 neither a new organization nor a moved tree is deeper than what is read', async () => {
  const chain = async (name: string, length: number) => {
    await server.write(tenant, async (tx) => {
      let parent: string | undefined
      for (let n = 0; n < length; n++)
        parent = await addOrganization(tx, tenant, { key: `${name}-${n}`, ...(parent && { parent }) })
    })
  }
  await chain('deep', 65)
  const deeper = acme.organization('deeper', 'deep-64')
  expect(await failureOf(deeper)).toMatchObject({ code: 'FAILED_PRECONDITION' })
  await chain('tall', 33)
  const move = (parent: string) =>
    call(updateOrganization)({
      organization: { key: 'tall-0', parent },
      updateMask: { paths: ['parent'] },
      tenant,
    })
  expect(await failureOf(move('deep-32'))).toMatchObject({ code: 'FAILED_PRECONDITION' })
  await move('deep-31')
})

test('an organization has at most 10 000 directly below it', async () => {
  const { organization } = await acme.organization('wide')
  const id = organization?.id.slice('org_'.length) ?? ''
  await server.write(
    tenant,
    (tx) => tx`insert into vouchsafe.organizations (tenant_id, id, key, parent_id)
      select ${tenant}, gen_random_uuid(), 'wide-' || n, ${id} from generate_series(1, 9999) n`,
  )
  await acme.organization('wide-last', 'wide')
  expect(await failureOf(acme.organization('too-wide', 'wide'))).toMatchObject({
    code: 'LIMIT_EXCEEDED',
    max: '10000',
  })
})

test('only an organization on which nothing hangs is deleted, and it says what does', async () => {
  await acme.organization('leaving')
  await acme.organization('leaving-team', 'leaving')
  await acme.member('leaving', 'rick')
  const remove = (organization: string) => call(deleteOrganization)({ organization, tenant })
  expect(await failureOf(remove('leaving'))).toMatchObject({
    code: 'FAILED_PRECONDITION',
    organizations: '1',
    members: '1',
  })
  await remove('leaving-team')
  await call(removeMember)({ organization: 'leaving', person: person('rick'), tenant })
  await remove('leaving')
  expect(await failureOf(call(getOrganization)({ organization: 'leaving', tenant }))).toMatchObject({
    code: 'NOT_FOUND',
  })
})

test('members are added once, change roles, are listed and removed', async () => {
  await acme.organization('club')
  const added = await acme.member('club', 'ada')
  expect(await acme.member('club', 'ada')).toMatchObject({ member: added.member })
  expect(await failureOf(acme.member('club', 'ada', 'owner'))).toMatchObject({ code: 'ALREADY_EXISTS' })
  await call(updateMember)({ organization: 'club', person: person('ada'), role: 'admin', tenant })
  await acme.member('club', 'bea')
  const { members, nextPageToken } = await call(listMembers)({ organization: 'club', pageSize: 1, tenant })
  const rest = await call(listMembers)({ organization: 'club', pageToken: nextPageToken, tenant })
  expect([...members, ...rest.members].map(({ role }) => role).sort()).toEqual(['admin', 'member'])
  const gone = () => call(removeMember)({ organization: 'club', person: person('ada'), tenant })
  expect(await gone()).toMatchObject({ removed: true, releasedSeats: 0 })
  expect(await gone()).toMatchObject({ removed: false })
  const unknown = call(updateMember)({ organization: 'club', person: person('ada'), role: 'admin', tenant })
  expect(await failureOf(unknown)).toMatchObject({ code: 'NOT_FOUND' })
})

test.each(["x' or true --", 'Ünïcode', 'org_01990000-0000-7000-8000-000000000001', '', 'a'.repeat(64)])(
  'V14 the key %j is refused',
  async (key) => {
    const attempt = call(createOrganization)({ organization: { key }, tenant })
    expect(await failureOf(attempt)).toMatchObject({ code: 'INVALID_FIELD' })
  },
)

test('V28 another tenant finds none of it, by key or by id', async () => {
  const { organization } = await acme.organization('ours')
  const other = await server.caller(server.place.tenants.globex, 'tenant_admin')
  for (const name of ['ours', organization?.id ?? '']) {
    const attempt = other.client.call(getOrganization)({ organization: name })
    expect(await failureOf(attempt)).toMatchObject({ code: 'NOT_FOUND' })
    const below = other.client.call(createOrganization)({ organization: { key: 'theirs', parent: name } })
    expect(await failureOf(below)).toMatchObject({ code: 'NOT_FOUND' })
  }
})
