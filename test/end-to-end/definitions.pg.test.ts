import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { grantInside } from '#admin/grant-entitlement.ts'
import type { GrantInput } from '#admin/grant-types.ts'
import { addMember, addOrganization, addSeatPool } from '#admin/organizations.ts'
import { addSubject, assignVariant, setFact } from '#admin/people.ts'
import { assignSeat } from '#admin/seats.ts'
import { devIss } from '#main/dev-issuer.ts'
import { addEntitlement } from '#test/fixtures/catalogue.ts'
import { said } from './said.ts'
import { type Server, startServer } from './server.ts'

let server: Server
let acme: string
beforeAll(async () => {
  server = await startServer()
  acme = server.place.tenants.acme
})
afterAll(() => server?.stop())

const give = (holder: GrantInput['holder'], input: Omit<GrantInput, 'holder'>) =>
  server.write(acme, (tx) =>
    grantInside(tx, { tenant: acme, actor: 'test' }, { holder, ...input }, Date.now()),
  )
const person = (sub: string) =>
  server.write(acme, (tx) => addSubject(tx, acme, { identities: [{ iss: devIss, sub }] }))

test('S003-7 features are held one by one', async () => {
  const subject = await person('finn')
  await give({ subject }, { target: { entitlement: 'docs_paid_monthly' } })
  const keys = ['docs_paid_monthly', 'docs_paid_yearly', 'copilot_paid', 'enterprise_sso']
  const answers = await Promise.all(keys.map((key) => server.ask('finn', key)))
  expect(answers.map(({ allowed }) => allowed)).toEqual([true, false, false, false])
})

test('S003-10 a prerequisite decides: what is missing is said, and done it opens', async () => {
  const subject = await person('pam')
  await give({ subject }, { target: { entitlement: 'module-2' } })
  const denied = await server.ask('pam', 'module-2')
  expect(said(denied)).toBe('no CONDITION_FAILED')
  expect(denied.reasons[0]?.params).toEqual({ requirement: 'fact', name: 'completed:module-1' })
  await server.write(acme, (tx) => setFact(tx, acme, subject, 'completed:module-1', true))
  expect(said(await server.ask('pam', 'module-2'))).toBe('yes GRANTED')
})

test.for([
  [{ country: 'DE' }, 'yes TIER'],
  [{ country: 'US' }, 'no CONDITION_FAILED'],
  [{ country: 49 }, 'no ATTRIBUTE_INVALID'],
  [{}, 'no ATTRIBUTE_MISSING'],
] as const)('S003-10 an attribute of the context decides: %j, %s', async ([attributes, says]) => {
  expect(said(await server.ask('carol', { entitlement: 'export', context: { attributes } }))).toBe(says)
})

test('S003-11 an experiment decides, by the variant that was assigned', async () => {
  expect(said(await server.ask('alice', 'new_dashboard'))).toBe('no NO_GRANT')
  expect(said(await server.ask('bob', 'new_dashboard'))).toBe('yes EXPERIMENT')
  const subject = await person('vera')
  expect(said(await server.ask('vera', 'new_dashboard'))).toBe('no NO_GRANT')
  await server.write(acme, (tx) => assignVariant(tx, acme, subject, 'dashboard', 'b'))
  expect(said(await server.ask('vera', 'new_dashboard'))).toBe('yes EXPERIMENT')
  await server.write(acme, (tx) => assignVariant(tx, acme, subject, 'dashboard', 'a'))
  expect(said(await server.ask('vera', 'new_dashboard'))).toBe('no NO_GRANT')
})

test('S003-14 S000-19 a definition is a row: a new one, with its kind, limit and rules, is asked at once', async () => {
  const ask = (quantity = 1n, attributes = {}) =>
    server.ask('dora', { entitlement: 'render_minutes', quantity, context: { attributes } })
  expect(said(await ask())).toBe('no ENTITLEMENT_UNKNOWN')
  await server.write(acme, async (tx) => {
    await addEntitlement(tx, acme, {
      key: 'render_minutes',
      kind: 'limit',
      combine: 'max',
      deny_as: 402,
      attributes: { region: { type: 'string', required: true, one_of: ['eu'] } },
    })
    const subject = await addSubject(tx, acme, { identities: [{ iss: devIss, sub: 'dora' }] })
    const input = { holder: { subject }, target: { entitlement: 'render_minutes' }, value: 30 }
    await grantInside(tx, { tenant: acme, actor: 'test' }, input, Date.now())
  })
  expect(said(await ask(30n, { region: 'eu' }))).toBe('yes GRANTED')
  expect(said(await ask(31n, { region: 'eu' }))).toBe('no QUOTA_EXCEEDED')
  expect((await ask(1n, { region: 'us' })).denyAs).toBe(402)
  expect(said(await ask())).toBe('no ATTRIBUTE_MISSING')
})

test('S003-21 a definition stands without assignments, and changes for all of them at once', async () => {
  await server.write(acme, (tx) => addEntitlement(tx, acme, { key: 'studio' }))
  const ask = async (sub: string) => {
    const answer = await server.ask(sub, 'studio')
    return [said(answer), answer.denyAs]
  }
  // Defined, held by nobody: that is another answer than unknown.
  expect(await ask('lars')).toEqual(['no NO_GRANT', 403])
  for (const sub of ['lars', 'lisa'])
    await give({ subject: await person(sub) }, { target: { entitlement: 'studio' } })
  expect([await ask('lars'), await ask('lisa')]).toEqual([
    ['yes GRANTED', 0],
    ['yes GRANTED', 0],
  ])
  const assignments = () => server.place.database.sql`
    select g.* from vouchsafe.grants g join vouchsafe.entitlements e on e.id = g.entitlement_id
    where e.key = 'studio' order by g.id`
  const assigned = [...(await assignments())]
  expect(assigned).toHaveLength(2)
  await server.write(
    acme,
    (tx) => tx`
    update vouchsafe.entitlements set requires = '{enterprise_sso}' where key = 'studio'`,
  )
  expect([await ask('lars'), await ask('lisa')]).toEqual([
    ['no CONDITION_FAILED', 403],
    ['no CONDITION_FAILED', 403],
  ])
  expect([...(await assignments())]).toEqual(assigned)
})

test('S003-30 a right ends by the clock alone: no write, no restart, and the answer had said when', async () => {
  const subject = await person('enid')
  const ends_at = Date.now() + 2500
  await give({ subject }, { target: { entitlement: 'docs_paid' }, ends_at })
  const before = await server.ask('enid', 'docs_paid')
  expect(said(before)).toBe('yes GRANTED')
  const { seconds = 0n, nanos = 0 } = before.expiresAt ?? {}
  expect(Number(seconds) * 1000 + nanos / 1e6).toBe(ends_at)
  await vi.waitFor(async () => expect(said(await server.ask('enid', 'docs_paid'))).toBe('no EXPIRED'), {
    timeout: 20_000,
    interval: 100,
  })
  expect((await server.ask('enid', 'docs_paid')).dataRevision).toBe(before.dataRevision)
})

test('S003-32 what no boolean on a user says: seat, prerequisite, attribute and denial together, each one needed', async () => {
  await server.write(acme, (tx) =>
    addEntitlement(tx, acme, {
      key: 'lab',
      combine: 'any',
      requires: ['api_access'],
      requires_facts: ['safety-course'],
      attributes: { site: { type: 'string', required: true, one_of: ['north', 'south'] } },
    }),
  )
  const { subject, pool, team } = await server.write(acme, async (tx) => {
    const company = await addOrganization(tx, acme, { key: 'cyberdyne' })
    const below = await addOrganization(tx, acme, { key: 'cyberdyne-lab', parent: company })
    const made = await addSubject(tx, acme, { identities: [{ iss: devIss, sub: 'sara' }] })
    await addMember(tx, acme, { organization: below, subject: made })
    const seats = await addSeatPool(tx, acme, { organization: company, key: 'lab' })
    return { subject: made, pool: seats, team: 'cyberdyne-lab' }
  })
  const ask = async (site = 'north', organization: string | undefined = team) => {
    const context = { attributes: { site }, ...(organization !== '' && { organization }) }
    return said(await server.ask('sara', { entitlement: 'lab', context }))
  }
  await give({ organization: 'cyberdyne' }, { target: { entitlement: 'lab' }, pool: 'lab', quantity: 1 })
  await give({ subject }, { target: { entitlement: 'api_access' } })
  await server.write(acme, (tx) => setFact(tx, acme, subject, 'safety-course', true))
  expect(await ask()).toBe('no SEAT_REQUIRED')
  await server.write(acme, (tx) =>
    assignSeat(tx, acme, { pool, subject }, { actor: 'test', now: Date.now() }),
  )
  expect(await ask()).toBe('yes SEAT')
  expect(await ask('west')).toBe('no CONDITION_FAILED')
  expect(await ask('north', '')).toBe('no ORGANIZATION_REQUIRED')
  await server.write(acme, (tx) => setFact(tx, acme, subject, 'safety-course', false))
  expect(await ask()).toBe('no CONDITION_FAILED')
  await server.write(acme, (tx) => setFact(tx, acme, subject, 'safety-course', true))
  expect(await ask()).toBe('yes SEAT')
  await give({ subject }, { target: { entitlement: 'lab' }, effect: 'deny', source: 'contract' })
  expect(await ask()).toBe('no DENIED_BY_RULE')
})
