import { afterAll, beforeAll, expect, test } from 'vitest'
import { grantInside } from '#admin/grant-entitlement.ts'
import type { GrantInput } from '#admin/grant-types.ts'
import { revokeBySource } from '#admin/revoke-by-source.ts'
import type { GrantSource } from '#core/grant.ts'
import { devIss } from '#main/dev-issuer.ts'
import { addEntitlement, publishPlan } from '#test/fixtures/catalogue.ts'
import { said } from './said.ts'
import { type Server, startServer } from './server.ts'

let server: Server
let acme: string
beforeAll(async () => {
  server = await startServer()
  acme = server.place.tenants.acme
  await server.write(acme, (tx) =>
    addEntitlement(tx, acme, { key: 'ai_credits', kind: 'credit', combine: 'sum' }),
  )
})
afterAll(() => server?.stop())

const give = (sub: string, input: Omit<GrantInput, 'holder'>) =>
  server.write(acme, (tx) => {
    const holder = { identity: { issuer: devIss, subject: sub } }
    return grantInside(tx, { tenant: acme, actor: 'test' }, { holder, ...input }, Date.now())
  })

test('S004-5 a churned customer keeps what was paid for to read, and nothing to change', async () => {
  const read = { entitlement: 'docs_paid', context: { attributes: { access: 'read' } } }
  const subscription = { target: { plan: 'pro' }, source: 'stripe', source_ref: 'sub_9' } as const
  await give('chuck', subscription)
  expect(said(await server.ask('chuck', 'docs_paid'))).toBe('yes TIER')

  const { sql } = server.place.database
  const holder = { identity: { issuer: devIss, subject: 'chuck' } }
  await revokeBySource({ sql }, { tenant: acme, actor: 'stripe' }, { holder, source: 'stripe' })
  await give('chuck', { ...subscription, source: 'admin', access: 'read_only' })

  const reading = await server.ask('chuck', read)
  expect(said(reading)).toBe('yes READ_ONLY_ACCESS')
  expect(reading.obligations.map(({ id }) => id)).toEqual(['read_only'])
  const changing = await server.ask('chuck', 'docs_paid')
  expect(said(changing)).toBe('no READ_ONLY REVOKED')
  expect(changing.tier).toBe('free')
})

test('S004-7 a check by user id and type says has_access, yes or no', async () => {
  const { client } = await server.caller(acme, 'service')
  const { subjectId } = await server.ask('carol', 'docs_paid')
  expect(subjectId).toMatch(/^sub_/)
  const hasAccess = async (id: string, entitlement: string) =>
    (await client.check({ subject: { subject: { case: 'principal', value: { id } } }, entitlement })).allowed
  expect(await hasAccess(subjectId, 'docs_paid')).toBe(true)
  expect(await hasAccess(subjectId, 'enterprise_sso')).toBe(false)
  const other = await server.ask('ivan', 'docs_paid')
  expect(await hasAccess(other.subjectId, 'docs_paid')).toBe(false)
})

test('S004-8 feature unlock, subscription, product access and credit grant are each given and asked', async () => {
  const credits = { entitlement: 'ai_credits' }
  const use = { entitlement: 'use', resource: { kind: 'product', id: 'runner' } }
  const kinds = [
    {
      type: 'FEATURE_UNLOCK',
      input: { target: { entitlement: 'enterprise_sso' } },
      asks: { entitlement: 'enterprise_sso' },
    },
    { type: 'SUBSCRIPTION', input: { target: { plan: 'supporter' } }, asks: { entitlement: 'api_access' } },
    { type: 'PRODUCT_ACCESS', input: { target: { product: 'runner' } }, asks: use },
    { type: 'CREDIT_GRANT', input: { target: credits, value: 100 }, asks: credits },
  ] as const
  const ask = () => Promise.all(kinds.map(({ asks }) => server.ask('kit', asks)))
  expect((await ask()).map(({ allowed }) => allowed)).toEqual([false, false, false, false])
  for (const [index, { input }] of kinds.entries()) {
    await give('kit', input)
    // Each gives its own and none of those that are still to come.
    const allowed = (await ask()).map((answer) => answer.allowed)
    expect(allowed).toEqual(kinds.map((_, other) => other <= index))
  }
  await give('kit', { target: credits, value: 50, source: 'promotion' })
  expect((await server.ask('kit', credits)).value?.kind).toEqual({ case: 'numberValue', value: 150 })
})

const sources: readonly GrantSource[] = [
  'admin',
  'stripe',
  'promotion',
  'purchase',
  'contract',
  'backfill',
  'trial',
]

test('S004-14 a feature’s question is answered alike whoever paid, and however', async () => {
  const answers = []
  for (const source of sources) {
    await give(`by-${source}`, { target: { entitlement: 'copilot_paid' }, source, source_ref: 'ref-1' })
    const { allowed, tier, denyAs, fix, obligations } = await server.ask(`by-${source}`, 'copilot_paid')
    answers.push({ allowed, tier, denyAs, fix, obligations })
  }
  expect(answers).toEqual(
    sources.map(() => ({ allowed: true, tier: 'free', denyAs: 0, fix: [], obligations: [] })),
  )
})

test('S004-14 payments name plans, features name keys: what a plan has is changed behind both', async () => {
  const invoice = { target: { plan: 'team' }, source: 'stripe', source_ref: 'sub_team' } as const
  expect(said(await server.ask('paula', 'copilot_paid'))).toBe('no NO_GRANT')
  await give('paula', invoice)
  expect(said(await server.ask('paula', 'copilot_paid'))).toBe('no NO_GRANT')
  await server.write(acme, (tx) => publishPlan(tx, acme, 'team', [{ entitlement: 'copilot_paid' }]))
  // The very same payment of somebody else, and the very same question.
  await give('petra', invoice)
  expect(said(await server.ask('petra', 'copilot_paid'))).toBe('yes GRANTED')
})
