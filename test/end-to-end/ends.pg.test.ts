import { timestampDate, timestampFromMs } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OrganizationService } from '#gen/vouchsafe/admin/v1/organization_service_pb.ts'
import { ProductService } from '#gen/vouchsafe/admin/v1/product_service_pb.ts'
import { devIss } from '#main/dev-issuer.ts'
import { type Server, startServer } from './server.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

/** Gives a right that ends in `leadMs` to 40 people, and asks each of them; the ends told, by the person. */
async function givenUntil(leadMs: number): Promise<ReadonlyMap<string, number>> {
  const people = Array.from({ length: 40 }, (_, n) => `brief-${leadMs}-${n}`)
  const now = Date.now()
  let revision = ''
  for (const [n, subject] of people.entries()) {
    const holder = { holder: { case: 'identity', value: { issuer: devIss, subject } } } as const
    const target = { target: { case: 'entitlement', value: 'early_access' } } as const
    const endsAt = timestampFromMs(now + leadMs + ((n * 997) % 1000))
    const given = await server.operator.grant({ holder, target, tenant: 'acme', reason: 'test', endsAt })
    revision = given.revision
  }
  const consistency = { demand: { case: 'atLeast', value: revision } } as const
  const ends = new Map<string, number>()
  for (const subject of people) {
    const answer = await server.ask(subject, { entitlement: 'early_access', consistency })
    // On a machine too slow for it some have ended already, before anybody asked.
    if (Date.now() >= now + leadMs) return givenUntil(2 * leadMs)
    expect(answer).toMatchObject({ allowed: true, expiresAt: expect.anything() })
    ends.set(subject, answer.expiresAt ? timestampDate(answer.expiresAt).getTime() : 0)
  }
  return ends
}

test('F23 S004-4 a right ends by the clock alone: nobody writes, and each answer says until when it holds', async () => {
  const ends = await givenUntil(2500)
  const heads = () => server.place.database.sql`select tenant_id, revision from vouchsafe.head order by 1`
  const before = await heads()
  await new Promise((resolve) => setTimeout(resolve, Math.max(...ends.values()) - Date.now() + 50))
  for (const subject of ends.keys()) expect((await server.ask(subject, 'early_access')).allowed).toBe(false)
  expect(await heads()).toEqual(before)
})

test('V37 the name of what had rights is not used again, and who comes back has none of them', async () => {
  const { operator } = server
  const { call } = operator
  const organization = { key: 'recycled', name: 'First' }
  const tenant = 'acme'
  await call(OrganizationService.method.createOrganization)({ organization, tenant })
  const target = { target: { case: 'entitlement', value: 'early_access' } } as const
  const held = { holder: { case: 'organization', value: 'recycled' } } as const
  await operator.grant({ holder: held, target, tenant, reason: 'test' })
  const person = { person: { case: 'identity', value: { issuer: devIss, subject: 'heir' } } } as const
  const member = { organization: 'recycled', person, role: 'member', tenant } as const
  await call(OrganizationService.method.addMember)(member)
  const ask = () => server.ask('heir', { entitlement: 'early_access', context: { organization: 'recycled' } })
  await expect.poll(async () => (await ask()).allowed).toBe(true)

  // Whatever had rights is never deleted, for its history is kept: so its name is not free either.
  const remove = () =>
    call(OrganizationService.method.deleteOrganization)({ organization: 'recycled', tenant })
  await expect(remove()).rejects.toThrow('FAILED_PRECONDITION')
  const { revision } = await operator.revoke({ holder: held, target, tenant, reason: 'test' })
  await call(OrganizationService.method.removeMember)(member)
  await expect(remove()).rejects.toThrow('FAILED_PRECONDITION')
  await expect(call(OrganizationService.method.createOrganization)({ organization, tenant })).rejects.toThrow(
    'ALREADY_EXISTS',
  )
  await call(OrganizationService.method.addMember)(member)
  const consistency = { demand: { case: 'atLeast', value: revision } } as const
  const context = { organization: 'recycled' }
  expect((await server.ask('heir', { entitlement: 'early_access', context, consistency })).allowed).toBe(
    false,
  )
})

test('V37 a product is retired, not deleted: its key is never somebody else’s', async () => {
  const { call } = server.operator
  const tenant = 'acme'
  await call(ProductService.method.createProduct)({ product: { key: 'old-name' }, tenant })
  const retired = { product: { key: 'old-name', retired: true }, updateMask: { paths: ['retired'] }, tenant }
  await call(ProductService.method.updateProduct)(retired)
  await expect(
    call(ProductService.method.createProduct)({ product: { key: 'old-name' }, tenant }),
  ).rejects.toThrow(/already|ALREADY/i)
})
