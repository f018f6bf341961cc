import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { grantEntitlement } from '#admin/grant-entitlement.ts'
import type { GrantInput, GrantRecord } from '#admin/grant-types.ts'
import { listGrants } from '#admin/list-grants.ts'
import { createPageTokens } from '#admin/page-tokens.ts'
import { revokeBySource } from '#admin/revoke-by-source.ts'
import { revokeEntitlement } from '#admin/revoke-entitlement.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { type FreshDatabase, freshDatabase } from '#test/postgres/database.ts'
import { day, newWorld, start, type World } from './world.ts'

let database: FreshDatabase
let world: World
beforeAll(async () => {
  database = await freshDatabase()
})
beforeEach(async () => {
  world = await newWorld(database.sql)
})
afterAll(() => database.drop())

const pageTokens = createPageTokens('a secret of the test')
const docs = (): GrantInput => ({ holder: { subject: world.subject }, target: { entitlement: 'docs' } })
const give = (input: Partial<GrantInput> = {}) =>
  grantEntitlement(world.needs, world.by, { ...docs(), ...input })
const revoke = (input: Parameters<typeof revokeEntitlement>[2] = docs()) =>
  revokeEntitlement(world.needs, world.by, input)
const all = async (): Promise<readonly GrantRecord[]> => {
  const answer = await listGrants({ ...world.needs, pageTokens }, world.by, {
    holder: { subject: world.subject },
    include_ended: true,
  })
  return answer.grants
}
const history = () =>
  readTenant(
    database.sql,
    world.by.tenant,
    (tx) => tx<{ revision: number; actor: string; action: string; reason: string | null }[]>`
    select revision, actor, action, reason from vouchsafe.change order by revision desc limit 1`,
  )

test('S001-10 a grant twice is one grant, one revision, one line of audit', async () => {
  const first = await give()
  world.at(start + 1000)
  const again = await give()
  expect(first.changed).toBe(true)
  expect(again).toEqual({ ...first, changed: false })
  expect(await all()).toEqual([first.grant])
})

test('S001-10 eight at once are one grant', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => give()))
  expect(answers.filter(({ changed }) => changed)).toHaveLength(1)
  expect(await all()).toHaveLength(1)
})

test('S001-11 a revoke of nothing is no error and no change', async () => {
  const before = await give()
  const taken = await revoke()
  const again = await revoke()
  expect(taken.revoked.map(({ id }) => id)).toEqual([before.grant.id])
  expect(again).toEqual({ revoked: [], changed: false, shrunk: [], revision: taken.revision })
})

test('S004-2 S003-23 after a revoke a new grant is a new row, the old one stays on record', async () => {
  const first = await give()
  await revoke()
  const second = await give()
  expect(second.grant.id).not.toBe(first.grant.id)
  expect((await all()).map(({ revoked_at }) => revoked_at)).toEqual([undefined, start])
})

test('S003-33 S001-29 a revocation tells who, when and why, in the row and in the audit', async () => {
  await give({ reason: 'pilot' })
  world.at(start + day)
  const { revoked } = await revoke({ ...docs(), reason: 'legal hold' })
  expect(revoked[0]).toMatchObject({
    revoked_at: start + day,
    revoked_by: 'clr_admin',
    revoke_reason: 'legal hold',
  })
  expect((await history())[0]).toMatchObject({
    actor: 'clr_admin',
    action: 'AdminEntitlementRevoked',
    reason: 'legal hold',
  })
})

test('other terms in the same window are refused, beside it or under another reference they are not', async () => {
  await give({ ends_at: start + day })
  await expect(give({ ends_at: start + 2 * day })).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' })
  await expect(give({ starts_at: start - day })).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' })
  expect((await give({ starts_at: start + day })).changed).toBe(true)
  expect((await give({ source_ref: 'ticket-7' })).changed).toBe(true)
})

describe('S001-33 what Stripe gave', () => {
  const stripe = () =>
    grantEntitlement(
      world.needs,
      { ...world.by, actor: 'stripe' },
      { ...docs(), source: 'stripe', source_ref: 'sub_1' },
    )

  test('stands beside the admin’s own grant, and each source ends only its own', async () => {
    await stripe()
    await give()
    const ended = await revokeBySource(world.needs, world.by, {
      holder: { subject: world.subject },
      source: 'stripe',
    })
    expect(ended.revoked.map(({ source }) => source)).toEqual(['stripe'])
    expect(
      (await all()).filter(({ revoked_at }) => revoked_at === undefined).map(({ source }) => source),
    ).toEqual(['admin'])
  })

  test('is withheld by a deny row when an admin revokes it, once', async () => {
    const given = await stripe()
    const taken = await revoke({ grant_id: given.grant.id, reason: 'fraud' })
    const again = await revoke({ ...docs(), source: 'stripe' })
    expect(taken.revoked).toEqual([given.grant])
    expect(again.revoked).toEqual([])
    const rows = await all()
    expect(rows.map(({ source, effect, revoked_at }) => ({ source, effect, revoked_at }))).toEqual([
      { source: 'admin', effect: 'deny', revoked_at: undefined },
      { source: 'stripe', effect: 'allow', revoked_at: undefined },
    ])
    expect(rows[0]).toMatchObject({ reason: 'fraud', granted_by: 'clr_admin' })
  })

  test('an admin’s explicit grant ends the deny row in the same revision', async () => {
    const given = await stripe()
    const taken = await revoke({ grant_id: given.grant.id })
    const back = await give()
    expect(back.revision.revision).toBe(taken.revision.revision + 1)
    const denies = (await all()).filter(({ effect }) => effect === 'deny')
    expect(denies.map(({ revoked_at }) => revoked_at)).toEqual([start])
  })

  test('a promotion does not end an admin’s deny row', async () => {
    const given = await stripe()
    await revoke({ grant_id: given.grant.id })
    await give({ source: 'promotion' })
    const denies = (await all()).filter(({ effect }) => effect === 'deny')
    expect(denies.map(({ revoked_at }) => revoked_at)).toEqual([undefined])
  })
})

test('revoking by holder and target leaves a deny row alone', async () => {
  await give({ effect: 'deny' })
  expect((await revoke()).revoked).toEqual([])
})

test('a plan without a version means its newest for a grant and all of them for a revoke', async () => {
  const old = await give({ target: { plan: 'pro@1' } })
  const current = await give({ target: { plan: 'pro' } })
  expect([old.grant.target, current.grant.target]).toEqual([{ plan: 'pro@1' }, { plan: 'pro@2' }])
  const { revoked } = await revoke({ holder: { subject: world.subject }, target: { plan: 'pro' } })
  expect(revoked).toHaveLength(2)
})

test('S004-25 S003-6 an organization’s grant carries its pool and quantity, a subject’s its scope and module', async () => {
  const bought = await give({
    holder: { organization: 'company' },
    target: { plan: 'pro' },
    pool: 'team',
    quantity: 5,
  })
  expect(bought.grant).toMatchObject({
    holder: { organization: `org_${world.organization}` },
    pool: 'team',
    quantity: 5,
  })
  const scoped = await give({ module: 'learn', scope_organization: 'company' })
  expect(scoped.grant).toMatchObject({ module: 'learn', scope_organization: `org_${world.organization}` })
})

test('a person nobody has seen gets a row with the grant, the same one next time', async () => {
  const holder = { identity: { issuer: 'https://id.test', subject: 'user-1' } }
  const answers = await Promise.all([give({ holder }), give({ holder, source_ref: 'b' })])
  const [first, second] = answers.map(({ grant }) => grant.holder)
  expect(first).toEqual(second)
  expect((await revoke({ ...docs(), holder })).revoked).toHaveLength(2)
})

test.each<[string, Partial<GrantInput>]>([
  ['entitlement', { target: { entitlement: 'nothing' } }],
  ['product', { target: { product: 'nothing' } }],
  ['plan', { target: { plan: 'nothing' } }],
  ['plan version', { target: { plan: 'pro@9' } }],
  ['subject', { holder: { subject: 'sub_00000000-0000-7000-8000-000000000001' } }],
  ['subject id', { holder: { subject: "x' or true --" } }],
  ['organization', { holder: { organization: 'nothing' } }],
  ['module', { module: 'nothing' }],
  ['scope', { scope_organization: 'nothing' }],
  ['pool', { holder: { organization: 'company' }, pool: 'nothing' }],
])('an unknown %s is NOT_FOUND, and nothing is written', async (_, input) => {
  await expect(give(input)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(await all()).toEqual([])
})

const calls = { target: { entitlement: 'api_calls' } }
test.each<[string, Partial<GrantInput>]>([
  ['a negative value', { ...calls, value: -1 }],
  ['a word as a limit', { ...calls, value: 'many' }],
  ['a negative number inside', { ...calls, value: { a: [-1] } }],
  ['a value of a boolean that is none', { value: 7 }],
  ['a value of a plan', { target: { plan: 'pro' }, value: 7 }],
  ['an override without its value', { ...calls, effect: 'override' }],
  ['an end before the start', { ends_at: start - 1 }],
  ['a pool of a subject', { pool: 'team' }],
  ['a quantity without a pool', { quantity: 3 }],
  ['a scope of an organization', { holder: { organization: 'company' }, scope_organization: 'company' }],
])('%s is INVALID_FIELD', async (_, input) => {
  await expect(give(input)).rejects.toMatchObject({ code: 'INVALID_FIELD' })
})

test('S004-3 a value may be a number or "unlimited"', async () => {
  expect((await give({ ...calls, value: 1000, effect: 'override' })).grant.value).toBe(1000)
  expect((await give({ ...calls, value: 'unlimited', source_ref: 'b' })).grant.value).toBe('unlimited')
})

test('V28 another tenant’s holder, grant and key are not there', async () => {
  const mine = await give()
  const other = await newWorld(database.sql)
  const foreign = { ...docs(), holder: { subject: world.subject } }
  await expect(grantEntitlement(other.needs, other.by, foreign)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(revokeEntitlement(other.needs, other.by, { grant_id: mine.grant.id })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
  expect((await all())[0]?.revoked_at).toBeUndefined()
})
