import { afterAll, beforeAll, expect, test } from 'vitest'
import { grantInside } from '#admin/grant-entitlement.ts'
import { devAudience, devIss } from '#main/dev-issuer.ts'
import { addEntitlement, addModule } from '#test/fixtures/catalogue.ts'
import { createTenant } from '#test/fixtures/create-tenant.ts'
import { newTenant } from './new-tenant.ts'
import { said } from './said.ts'
import { type Server, startServer } from './server.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

const globexAudience = { audience: `${devAudience}-globex` }
const day = 86_400_000
const identity = (subject: string) =>
  ({ holder: { case: 'identity', value: { issuer: devIss, subject } } }) as const

test('C-11 S003-1 one person of one identity provider is somebody else in each tenant', async () => {
  const inAcme = await server.ask('alice', 'docs_paid')
  const inGlobex = await server.ask('alice', 'docs_paid', {}, globexAudience)
  expect([inAcme.tier, said(inAcme)]).toEqual(['free', 'no NO_GRANT'])
  expect([inGlobex.tier, said(inGlobex)]).toEqual(['pro', 'yes TIER'])
  expect(inAcme.subjectId).not.toBe(inGlobex.subjectId)
})

test('S003-1 a change in one tenant changes nothing in the other', async () => {
  const target = { target: { case: 'entitlement', value: 'enterprise_sso' } } as const
  const { revision } = await server.operator.grant({ holder: identity('zoe'), target, tenant: 'acme' })
  const fresh = { consistency: { demand: { case: 'atLeast', value: revision } } } as const
  const question = { entitlement: 'enterprise_sso' }
  expect(said(await server.ask('zoe', { ...question, ...fresh }))).toBe('yes GRANTED')
  expect(said(await server.ask('zoe', question, {}, globexAudience))).toBe('no NO_GRANT')
  // Not even the other's revision may be asked for.
  await expect(server.ask('zoe', { ...question, ...fresh }, {}, globexAudience)).rejects.toMatchObject({
    code: 7,
  })
})

test('S003-1 a tenant’s caller neither asks, grants nor reads in another', async () => {
  const { client } = await server.caller(server.place.tenants.globex, 'tenant_admin', 'service')
  const carol = { subject: { case: 'principal', value: { issuer: devIss, subject: 'carol' } } } as const
  const target = { target: { case: 'entitlement', value: 'docs_paid' } } as const
  const denied = { code: 7 }
  const value = await server.place.token('carol')
  const bearer = { subject: { case: 'accessToken', value } } as const
  const question = { entitlement: 'docs_paid' }
  await expect(client.check({ ...question, subject: bearer })).rejects.toMatchObject(denied)
  await expect(client.check({ ...question, subject: carol, tenant: 'acme' })).rejects.toMatchObject(denied)
  await expect(client.listEntitlements({ subject: carol, tenant: 'acme' })).rejects.toMatchObject(denied)
  await expect(client.grant({ holder: identity('carol'), target, tenant: 'acme' })).rejects.toMatchObject(
    denied,
  )
  await expect(client.revoke({ holder: identity('carol'), target, tenant: 'acme' })).rejects.toMatchObject(
    denied,
  )
  await expect(client.listGrants({ holder: identity('carol'), tenant: 'acme' })).rejects.toMatchObject(denied)
  // An unknown tenant reads the same: nothing tells which ones there are.
  const error = (tenant: string) =>
    client.check({ ...question, subject: carol, tenant }).catch(({ message }: Error) => message)
  expect(await error('acme')).toBe(await error('no-such-tenant'))
  // In its own it may, and there this person is nobody.
  expect(said(await client.check({ ...question, subject: carol }))).toBe('no NO_GRANT')
})

test('C-11 the same person differs by module of one tenant', async () => {
  const { tenant, audience } = await newTenant(server, { key: 'brilliant' })
  await server.write(tenant, async (tx) => {
    await addModule(tx, tenant, { key: 'school' })
    await addModule(tx, tenant, { key: 'library' })
    await addEntitlement(tx, tenant, { key: 'reading' })
    await grantInside(
      tx,
      { tenant, actor: 'test' },
      {
        holder: { identity: { issuer: devIss, subject: 'pia' } },
        target: { entitlement: 'reading' },
        module: 'school',
      },
      Date.now(),
    )
  })
  const ask = async (context?: { module: string }) =>
    said(await server.ask('pia', { entitlement: 'reading', ...(context && { context }) }, {}, { audience }))
  expect(await ask({ module: 'school' })).toBe('yes GRANTED')
  expect(await ask({ module: 'library' })).toBe('no NO_GRANT')
  expect(await ask()).toBe('no NO_GRANT')
  expect(await ask({ module: 'kitchen' })).toBe('no MODULE_UNKNOWN')
})

test.for([
  { grace: undefined, days: 6, says: 'yes GRACE' },
  { grace: undefined, days: 8, says: 'no PAYMENT_OVERDUE' },
  { grace: 60, days: 59, says: 'yes GRACE' },
  { grace: 60, days: 61, says: 'no PAYMENT_OVERDUE' },
  { grace: 0, days: 0, says: 'no PAYMENT_OVERDUE' },
])('C-2 with $grace days of grace, overdue for $days days: $says', async ({ grace, days, says }) => {
  const key = `grace-${grace ?? 'unset'}-${days}`
  const { tenant, audience } = await newTenant(server, {
    key,
    ...(grace !== undefined && { grace_days: grace }),
  })
  const since = new Date(Date.now() - days * day - 1000)
  await server.write(tenant, async (tx) => {
    await addEntitlement(tx, tenant, { key: 'paid' })
    const holder = { identity: { issuer: devIss, subject: 'otto' } }
    const right = { holder, target: { entitlement: 'paid' }, source: 'stripe', source_ref: 'sub_1' } as const
    await grantInside(tx, { tenant, actor: 'test' }, right, Date.now() - 100 * day)
    await tx`update vouchsafe.grants set past_due_at = ${since}`
  })
  expect(said(await server.ask('otto', 'paid', {}, { audience }))).toBe(says)
})

test.for([61, -1])('C-2 a tenant cannot have %i days of grace', async (grace_days) => {
  const { sql } = server.place.database
  await expect(createTenant(sql, { key: 'too-kind', grace_days })).rejects.toThrow()
  expect((await sql`select from vouchsafe.tenants where key = 'too-kind'`).count).toBe(0)
})
