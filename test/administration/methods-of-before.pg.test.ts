import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EntitlementService } from '#gen/vouchsafe/admin/v1/entitlement_service_pb.ts'
import { GrantService } from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { SeatService } from '#gen/vouchsafe/admin/v1/seat_service_pb.ts'
import { readTenant } from '#postgres/read-tenant.ts'
import { withTenant } from '#postgres/with-tenant.ts'
import { timestampOf } from '#rpc/wire-values.ts'
import { said } from '#test/end-to-end/said.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { entitlement, person, plan, product, since } from './named.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

const tenant = 'acme'
const bearer = async (sub: string) => {
  const value = await server.place.token(sub)
  return { subject: { case: 'accessToken', value } } as const
}

test('S003-48 each method of the academy’s service has its question here', async () => {
  const { revision } = await server.operator.grant({ holder: person('mona'), target: plan('pro'), tenant })
  const consistency = since(revision)
  const subject = await bearer('mona')
  // getUserEntitlements, hasEntitlement, hasFeature
  const held = await server.operator.listEntitlements({ subject, consistency })
  expect(held.entitlements.map(({ key }) => key)).toContain('docs_paid')
  expect((await server.operator.check({ subject, entitlement: 'docs_paid' })).allowed).toBe(true)
  const limit = await server.operator.check({ subject, entitlement: 'api_calls' })
  expect(limit.value?.kind.value).toBe(10_000)
  // getAccessibleNavigation, getAccessibleContent, canAccessContent
  const visible = (kind: string, ids: string[]) => server.operator.filterResources({ subject, kind, ids })
  expect((await visible('navigation', ['home', 'reports'])).ids).toEqual(['home', 'reports'])
  const lessons = ['lesson/welcome', 'lesson/kubernetes-1']
  expect((await visible('content', lessons)).ids).toEqual(lessons)
  const alice = await bearer('alice')
  const few = await server.operator.filterResources({ subject: alice, kind: 'content', ids: lessons })
  expect(few.ids).toEqual(['lesson/welcome'])
  // getOrgEntitlements, getAvailableSeats
  const organization = { holder: { case: 'organization', value: 'initech' } } as const
  const { grants } = await server.operator.listGrants({ holder: organization, tenant })
  expect(grants.map(({ target }) => target?.target.value)).toEqual(['team@1'])
  const pools = await server.operator.call(SeatService.method.listSeatPools)({
    organization: 'initech',
    tenant,
  })
  expect(pools.pools[0]).toMatchObject({ key: 'engineering', used: 1 })
  // grant, revoke
  const given = await server.operator.grant({ holder: person('mona'), target: product('runner'), tenant })
  const taken = await server.operator.revoke({ grantId: given.grant?.id ?? '', tenant })
  expect(taken.revoked).toHaveLength(1)
})

test('S004-24 an answer has the total of all sources, the earliest end, and the quantity that was asked for', async () => {
  await server.operator.call(EntitlementService.method.createEntitlement)({
    entitlement: { key: 'batch_size', kind: 'limit', combine: 'sum', denyAs: 429 },
    tenant,
  })
  const number = (value: number) => ({ kind: { case: 'numberValue', value } }) as const
  const rows = (value: number, more: object) =>
    server.operator.grant({
      holder: person('cleo'),
      target: entitlement('batch_size'),
      value: number(value),
      tenant,
      ...more,
    })
  const ends = timestampOf(Math.floor(Date.now() / 1000) * 1000 + 3_600_000)
  await rows(100, { source: 'purchase' })
  const { revision } = await rows(50, { source: 'promotion', endsAt: ends })
  const ask = (quantity: bigint) =>
    server.ask('cleo', { entitlement: 'batch_size', quantity, consistency: since(revision) })
  const answer = await ask(120n)
  expect(answer).toMatchObject({ allowed: true, expiresAt: ends })
  expect(answer.value?.kind.value).toBe(150)
  const more = await ask(200n)
  expect(said(more)).toBe('no QUOTA_EXCEEDED')
  expect(more).toMatchObject({ denyAs: 429, reasons: [{ params: { limit: 150, requested: 200 } }] })
})

test('S001-43 a right says where it comes from, and one that no person gave says which system did', async () => {
  const give = (source: string) =>
    server.operator.grant({
      holder: person('gus'),
      target: product('runner'),
      source,
      sourceRef: source,
      tenant,
    })
  for (const source of ['admin', 'backfill']) await give(source)
  const acme = server.place.tenants.acme
  await withTenant(
    server.place.database.sql,
    { tenant: acme, actor: 'stripe', action: 'Sync' },
    async (tx) => {
      await tx`insert into vouchsafe.grants (tenant_id, id, subject_id, product_id, source, source_ref, starts_at)
      select ${acme}, gen_random_uuid(), g.subject_id, g.product_id, 'stripe', 'sub_3', now()
      from vouchsafe.grants g where g.tenant_id = ${acme} and g.source = 'backfill' and g.source_ref = 'backfill' limit 1`
    },
  )
  const { grants } = await server.operator.call(GrantService.method.listGrants)({
    holder: person('gus'),
    tenant,
  })
  const bySource = Object.fromEntries(grants.map(({ source, grantedBy }) => [source, grantedBy]))
  expect(bySource).toEqual({
    admin: expect.stringMatching(/./),
    backfill: expect.stringMatching(/./),
    stripe: '',
  })
})

test('S002-40 every table of the billing service has its place here', async () => {
  const guide = await readFile(new URL('../../docs/guides/views.md', import.meta.url), 'utf8')
  const section = guide.slice(guide.indexOf("## The billing service's tables"))
  for (const theirs of ['subjects', 'billing_subscriptions', 'entitlements', 'stripe_events', 'sync_outbox'])
    expect(section).toContain(`\`${theirs}\``)
  const ours = new Set([...guide.matchAll(/`((?:vouchsafe|core)\.[a-z_]+)`/g)].map(([, name]) => name))
  expect(ours.size).toBeGreaterThan(8)
  const there = await readTenant(server.place.database.sql, server.place.tenants.acme, async (tx) => {
    const names = [...ours].map((name) => String(name))
    return tx<{ name: string; known: boolean }[]>`
      select name, to_regclass(name) is not null as known from unnest(${names}::text[]) name`
  })
  expect(there.filter(({ known }) => !known).map(({ name }) => name)).toEqual([])
})
