import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { grantInside } from '#admin/grant-entitlement.ts'
import { devIss } from '#main/dev-issuer.ts'
import { addProduct } from '#test/fixtures/catalogue.ts'
import { connectJson } from './connect-json.ts'
import { newTenant } from './new-tenant.ts'
import { said } from './said.ts'
import { type Server, startServer } from './server.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

const runner = { entitlement: 'use', resource: { kind: 'product', id: 'runner' } }
// Restricted, in a module for members only: the hardest question there is for somebody without any grant.
const download = { ...runner, entitlement: 'download', context: { module: 'downloads' } }

// What each door says to the bearer of a token about the same question. kim is staff, alice is not; neither has a grant.
const doors: Readonly<Record<string, (token: string) => Promise<boolean | undefined>>> = {
  'gRPC Check': async (token) =>
    (await server.operator.check({ ...download, subject: bearer(token) })).allowed,
  'gRPC Explain': async (token) =>
    (await server.operator.explain({ check: { ...download, subject: bearer(token) } })).response?.allowed,
  'gRPC CheckStream': async (token) => {
    const stream = server.operator.checkStream()
    const { allowed } = await stream.check({ ...download, subject: bearer(token) })
    await stream.end()
    return allowed
  },
  'gRPC BatchCheck': async (token) => {
    const { results } = await server.operator.batchCheck({
      checks: [{ ...download, subject: bearer(token) }],
    })
    const result = results[0]?.result
    return result?.case === 'response' ? result.value.allowed : undefined
  },
  'gRPC FilterResources': async (token) => {
    const { entitlement, context } = download
    const asked = { kind: 'product', ids: ['runner'], entitlement, context }
    return (await server.operator.filterResources({ ...asked, subject: bearer(token) })).ids.includes(
      'runner',
    )
  },
  'gRPC ListEntitlements': async (token) => {
    const { entitlements } = await server.operator.listEntitlements({ subject: bearer(token) })
    return entitlements.some(({ key }) => key === 'docs_paid')
  },
  'Connect JSON Check': async (token) => {
    const { body } = await connectJson(server, 'Check', { ...download, subject: { accessToken: token } })
    return body.allowed === true
  },
  'Connect JSON BatchCheck': async (token) => {
    const checks = [{ ...download, subject: { accessToken: token } }]
    const { body } = await connectJson(server, 'BatchCheck', { checks })
    return (body as { results: { response: { allowed?: boolean } }[] }).results[0]?.response.allowed === true
  },
}

const bearer = (value: string) => ({ subject: { case: 'accessToken', value } }) as const

test.for(Object.keys(doors))(
  'S001-16 an administrator without a grant passes at %s, others do not',
  async (door) => {
    expect(await doors[door]?.(await server.place.token('kim'))).toBe(true)
    expect(await doors[door]?.(await server.place.token('alice'))).toBe(false)
  },
)

test('S001-16 the REST view of a subject has no token, so it lists grants and overrides nothing', async () => {
  const read = async (sub: string) => {
    const reply = await fetch(`http://${server.http}/v1/subjects/${sub}/summary?tenant=acme`, {
      headers: { 'x-internal-token': server.key },
    })
    return (await reply.json()) as { docs_access: boolean }
  }
  expect((await read('kim')).docs_access).toBe(false)
  expect((await read('carol')).docs_access).toBe(true)
})

test('C-7 the bypass is marked, and every one of them is in the journal', async () => {
  const ids: string[] = []
  for (let i = 0; i < 20; i++) {
    const answer = await server.ask('kim', runner)
    expect(said(answer)).toBe('yes ADMIN_OVERRIDE')
    ids.push(answer.decisionId)
  }
  await vi.waitFor(async () => {
    const journal = await readFile(join(server.place.data, 'journal.jsonl'), 'utf8')
    for (const id of ids) expect(journal).toContain(id)
  }, 10_000)
})

test('C-7 it yields to a denial of the administrator’s own', async () => {
  const { acme } = server.place.tenants
  const holder = { identity: { issuer: devIss, subject: 'kim' } }
  await server.write(acme, (tx) =>
    grantInside(
      tx,
      { tenant: acme, actor: 'test' },
      { holder, target: { product: 'runner' }, effect: 'deny' },
      Date.now(),
    ),
  )
  expect(said(await server.ask('kim', runner))).toBe('no DENIED_BY_RULE')
  expect(said(await server.ask('kim', 'docs_paid'))).toBe('yes ADMIN_OVERRIDE')
})

test('C-7 it never crosses a tenant', async () => {
  const token = await server.place.token('kim')
  await expect(
    server.operator.check({ ...runner, subject: bearer(token), tenant: 'globex' }),
  ).rejects.toMatchObject({
    code: 7,
  })
  const globex = await server.caller(server.place.tenants.globex, 'service')
  await expect(globex.client.check({ ...runner, subject: bearer(token) })).rejects.toMatchObject({ code: 7 })

  // The same role in a token for a tenant whose issuer does not call it an administrator's.
  const { tenant, audience } = await newTenant(
    server,
    { key: 'umbrella' },
    { claim_map: { roles: ['roles'] } },
  )
  await server.write(tenant, (tx) => addProduct(tx, tenant, { key: 'runner', requires_entitlement: true }))
  expect(said(await server.ask('kim', runner, { roles: ['learn_admin'] }, { audience }))).toBe('no NO_GRANT')
  expect(said(await server.ask('kim', runner, { roles: ['admin'] }, { audience }))).toBe('yes ADMIN_OVERRIDE')
})
