import { afterAll, beforeAll, expect, test } from 'vitest'
import { grantInside } from '#admin/grant-entitlement.ts'
import type { GrantInput } from '#admin/grant-types.ts'
import { revokeBySource } from '#admin/revoke-by-source.ts'
import { devIss } from '#main/dev-issuer.ts'
import { addProduct } from '#test/fixtures/catalogue.ts'
import { said } from './said.ts'
import { type Server, startServer } from './server.ts'

let server: Server
let acme: string
beforeAll(async () => {
  server = await startServer()
  acme = server.place.tenants.acme
  await server.write(acme, async (tx) => {
    for (const key of ['editor', 'player']) await addProduct(tx, acme, { key, requires_entitlement: true })
  })
})
afterAll(() => server?.stop())

const identity = (subject: string) =>
  ({ holder: { case: 'identity', value: { issuer: devIss, subject } } }) as const
const use = (id: string) => ({ entitlement: 'use', resource: { kind: 'product', id } })
const give = (sub: string, input: Omit<GrantInput, 'holder'>) =>
  server.write(acme, (tx) => {
    const holder = { identity: { issuer: devIss, subject: sub } }
    return grantInside(tx, { tenant: acme, actor: 'test' }, { holder, ...input }, Date.now())
  })

test('S001-5 a revoked grant of a product stays to be read, with when and why, and gives nothing', async () => {
  const right = {
    holder: identity('ada'),
    target: { target: { case: 'product', value: 'editor' } },
    tenant: 'acme',
  } as const
  const { grant } = await server.operator.grant({ ...right, reason: 'a sale' })
  const { revision } = await server.operator.revoke({ ...right, reason: 'a refund' })
  const atLeast = { consistency: { demand: { case: 'atLeast', value: revision } } } as const
  expect(said(await server.ask('ada', { ...use('editor'), ...atLeast }))).toBe('no REVOKED')

  const { holder, tenant } = right
  expect((await server.operator.listGrants({ holder, tenant })).grants).toEqual([])
  const all = (await server.operator.listGrants({ holder, tenant, includeEnded: true })).grants
  expect(all).toMatchObject([
    { id: grant?.id, reason: 'a sale', revokeReason: 'a refund', target: right.target },
  ])
  expect(all[0]?.revokedAt).toBeDefined()
  // Given again is another row: the first stays what it was.
  const again = await server.operator.grant(right)
  expect(again.grant?.id).not.toBe(grant?.id)
  const later = (await server.operator.listGrants({ holder, tenant, includeEnded: true })).grants
  expect(later.find(({ id }) => id === grant?.id)).toEqual(all[0])
})

test('S001-12 revoking by source ends that source’s grants, says which, and leaves all others', async () => {
  await give('abe', { target: { product: 'editor' }, source: 'stripe', source_ref: 'sub_1' })
  await give('abe', { target: { product: 'player' }, source: 'stripe', source_ref: 'sub_2' })
  await give('abe', { target: { product: 'player' }, source: 'admin' })
  await give('bea', { target: { product: 'editor' }, source: 'stripe', source_ref: 'sub_3' })
  const holder = { identity: { issuer: devIss, subject: 'abe' } }
  const revoke = () =>
    revokeBySource(
      { sql: server.place.database.sql },
      { tenant: acme, actor: 'stripe' },
      { holder, source: 'stripe' },
    )
  const { revoked, changed } = await revoke()
  expect(changed).toBe(true)
  expect(revoked.map(({ target }) => target)).toEqual([{ product: 'editor' }, { product: 'player' }])
  await server.write(acme, async () => undefined)
  expect(said(await server.ask('abe', use('editor')))).toBe('no REVOKED')
  expect(said(await server.ask('abe', use('player')))).toBe('yes GRANTED')
  expect(said(await server.ask('bea', use('editor')))).toBe('yes GRANTED')
  expect(await revoke()).toMatchObject({ revoked: [], changed: false })
})

test('S001-21 S001-22 lists of downloads hide the restricted products that a member lacks', async () => {
  const list = async (sub: string, ids: readonly string[] = [], claims = {}) => {
    const subject = {
      subject: { case: 'accessToken', value: await server.place.token(sub, claims) },
    } as const
    const context = { module: 'downloads' }
    const asked = { kind: 'product', entitlement: 'download', ids: [...ids], context }
    return (await server.operator.filterResources({ ...asked, subject })).ids
  }
  await give('mel', { target: { entitlement: 'member' } })
  expect(await list('mel')).toEqual(['handbook'])
  await give('mel', { target: { product: 'player' } })
  expect(await list('mel')).toEqual(['handbook', 'player'])
  expect(await list('mel', ['player', 'editor', 'runner', 'no-such-product'])).toEqual(['player'])
  expect(await list('stranger')).toEqual([])
})

test('S001-51 a denial can be 403, or 404 as for a product that does not exist, with no word beside its code', async () => {
  const manifest = (id: string) => ({ entitlement: 'manifest', resource: { kind: 'product', id } })
  const download = { entitlement: 'download', resource: { kind: 'product', id: 'runner' } }
  expect((await server.ask('alice', download)).denyAs).toBe(403)
  // A gateway speaks to strangers: it gets codes, and no way to tell the two apart by the status.
  const { client } = await server.caller(acme, 'gateway')
  const ask = async (id: string) => {
    const value = await server.place.token('alice')
    return client.check({ ...manifest(id), subject: { subject: { case: 'accessToken', value } } })
  }
  const [hidden, missing] = [await ask('runner'), await ask('no-such-product')]
  expect([hidden.denyAs, missing.denyAs]).toEqual([404, 404])
  for (const { reasons, fix } of [hidden, missing]) {
    expect(fix).toEqual([])
    expect(reasons.map(({ params, text }) => [params, text])).toEqual([[{}, '']])
  }
})
