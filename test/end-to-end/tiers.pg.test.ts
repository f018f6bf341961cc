import { afterAll, beforeAll, expect, test } from 'vitest'
import { devIss } from '#main/dev-issuer.ts'
import { addEntitlement, publishPlan } from '#test/fixtures/catalogue.ts'
import { said } from './said.ts'
import { type Server, startServer } from './server.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

const identity = (subject: string) =>
  ({ holder: { case: 'identity', value: { issuer: devIss, subject } } }) as const
const entitlement = (key: string) => ({ target: { case: 'entitlement', value: key } }) as const

/** Grants, and gives the demand for the revision that has it. */
async function grant(subject: string, key: string) {
  const given = await server.operator.grant({
    holder: identity(subject),
    target: entitlement(key),
    tenant: 'acme',
    reason: 'test',
  })
  return { consistency: { demand: { case: 'atLeast', value: given.revision } } } as const
}

test('S000-2 S004-1 one question serves every tier, and moving a right between plans changes no question', async () => {
  await server.write(server.place.tenants.acme, (tx, tenant) =>
    addEntitlement(tx, tenant, { key: 'priority_queue' }),
  )
  const ask = async () => {
    const answers = await Promise.all(
      [
        ['ann', 'free'],
        ['ben', 'supporter'],
        ['cleo', 'pro'],
      ].map(([sub = '', tier]) => server.ask(sub, 'priority_queue', { tier })),
    )
    return answers.map((answer) => `${answer.tier} ${said(answer)}`)
  }
  expect(await ask()).toEqual(['free no NO_GRANT', 'supporter no NO_GRANT', 'pro no NO_GRANT'])

  const sell = (plan: string, ...keys: string[]) =>
    server.write(server.place.tenants.acme, (tx, tenant) =>
      publishPlan(
        tx,
        tenant,
        plan,
        keys.map((key) => ({ entitlement: key })),
      ),
    )
  await sell('pro', 'member', 'priority_queue')
  expect(await ask()).toEqual(['free no NO_GRANT', 'supporter no NO_GRANT', 'pro yes TIER'])
  await sell('supporter', 'member', 'priority_queue')
  await sell('pro', 'member')
  expect(await ask()).toEqual(['free no NO_GRANT', 'supporter yes TIER', 'pro no NO_GRANT'])

  // A tier's name is no right that could be asked for.
  expect(said(await server.ask('cleo', 'pro', { tier: 'pro' }))).toBe('no ENTITLEMENT_UNKNOWN')
})

test('S000-5 a right given to a user counts for that user alone, with no organization anywhere', async () => {
  expect(said(await server.ask('una', 'enterprise_sso'))).toBe('no NO_GRANT')
  const fresh = await grant('una', 'enterprise_sso')
  expect(said(await server.ask('una', { entitlement: 'enterprise_sso', ...fresh }))).toBe('yes GRANTED')
  expect(said(await server.ask('udo', { entitlement: 'enterprise_sso', ...fresh }))).toBe('no NO_GRANT')
})

test('S000-11 a user of the tier free holds a single feature beside it, and stays free', async () => {
  const fresh = await grant('fay', 'copilot_paid')
  const answer = await server.ask('fay', { entitlement: 'copilot_paid', ...fresh })
  expect(said(answer)).toBe('yes GRANTED')
  expect(answer.tier).toBe('free')
  expect(said(await server.ask('fay', 'docs_paid'))).toBe('no NO_GRANT')
})

test('S000-17 a worker reads tier and rights of an event’s user by a list, without a token', async () => {
  const worker = await server.caller(server.place.tenants.acme, 'worker')
  const subject = { subject: { case: 'principal', value: { issuer: devIss, subject: 'hana' } } } as const
  const list = await worker.client.listEntitlements({ subject })
  expect(list.tier).toBe('pro')
  const api = list.entitlements.find(({ key }) => key === 'api_calls')
  expect(api?.value?.kind).toEqual({ case: 'numberValue', value: 100_000 })
  // The list and the question agree, right by right.
  const keys = list.entitlements.map(({ key }) => key)
  for (const key of ['docs_paid', 'api_calls', 'early_access', 'enterprise_sso', 'academy_all']) {
    const { allowed } = await worker.client.check({ subject, entitlement: key })
    expect([key, keys.includes(key)]).toEqual([key, allowed])
  }
})
