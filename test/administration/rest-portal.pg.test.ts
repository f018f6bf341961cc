import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AuditService } from '#gen/vouchsafe/admin/v1/audit_service_pb.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { person, plan, since } from './named.ts'
import { rest } from './rest.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

const at = '?tenant=acme'
const ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  rest(server, method, path, body, headers)

describe('the download portal’s administration', () => {
  const users = (id: string) => `/v1/admin/users/${id}/entitlements`

  test('S001-50 S001-10 S001-11 granting twice is one grant, revoking twice one revocation, by subject id as by name', async () => {
    const granted = await ask('POST', users('petra') + at, { slug: 'runner', reason: 'sponsor' })
    expect(granted).toMatchObject({ status: 201, body: { slug: 'runner', granted: true } })
    const again = await ask('POST', users('petra') + at, { slug: 'runner' })
    expect(again).toMatchObject({ status: 200, body: { granted: false, id: granted.body.id } })
    expect(again.body.revision).toBe(granted.body.revision)
    const { grants } = await server.operator.listGrants({ holder: person('petra'), tenant: 'acme' })
    const holder = grants[0]?.holder?.holder.value as string
    await server.ask('petra', { entitlement: 'use', consistency: since(granted.body.revision) })
    const listed = await ask('GET', users(holder) + at)
    expect(listed.body.entitlements).toMatchObject([
      { id: 'runner', slug: 'runner', display_name: 'Runner', requires_entitlement: true, source: 'admin' },
    ])
    expect(listed.body.entitlements[0].granted_at).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
    const revoked = await ask('POST', `${users(holder)}/revoke${at}`, { slug: 'runner' })
    expect(revoked.body).toMatchObject({ revoked: true })
    const nothing = await ask('POST', `${users(holder)}/revoke${at}`, { slug: 'runner' })
    expect(nothing).toMatchObject({ status: 200, body: { revoked: false, revision: revoked.body.revision } })
    expect((await ask('GET', users('petra') + at)).body.entitlements).toEqual([])
  })

  test('S001-29 changes are in the audit under the names the portal knows, and only real ones', async () => {
    await ask('POST', users('audrey') + at, { slug: 'runner', reason: 'audited grant' })
    await ask('POST', users('audrey') + at, { slug: 'runner', reason: 'audited grant again' })
    await ask('POST', `${users('audrey')}/revoke${at}`, { slug: 'runner', reason: 'audited end' })
    await ask('PUT', `/v1/admin/applications/handbook/restricted${at}`, {
      restricted: true,
      reason: 'audited lock',
    })
    const { changes } = await server.operator.call(AuditService.method.listChanges)({
      tenant: 'acme',
      pageSize: 20,
    })
    const said = changes
      .filter(({ reason }) => reason.startsWith('audited'))
      .map(({ action, reason }) => `${action}: ${reason}`)
    expect(said.sort()).toEqual([
      'AdminEntitlementGranted: audited grant',
      'AdminEntitlementRevoked: audited end',
      'RestrictProduct: audited lock',
    ])
    await ask('PUT', `/v1/admin/applications/handbook/restricted${at}`, { restricted: false })
  })

  test('S001-28 S001-50 prices are mapped and unmapped by price, each once', async () => {
    const path = '/v1/admin/applications/runner/stripe-prices'
    const body = { price_id: 'price_1' }
    expect(await ask('POST', path + at, body)).toMatchObject({
      status: 201,
      body: { changed: true, ...body },
    })
    expect(await ask('POST', path + at, body)).toMatchObject({ status: 200, body: { changed: false } })
    expect((await ask('GET', path + at)).body).toMatchObject({ prices: ['price_1'] })
    expect((await ask('DELETE', `${path}${at}&price_id=price_1`)).body).toMatchObject({ changed: true })
    expect((await ask('DELETE', path + at, body)).body).toMatchObject({ changed: false })
    expect((await ask('GET', path + at)).body).toMatchObject({ prices: [] })
  })

  test('F9 a repeat under an Idempotency-Key gets the first answer, sixty-four at once one grant; another body is refused', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const post = (slug: string) => ask('POST', users('ida') + at, { slug }, headers)
    const replies = await Promise.all(Array.from({ length: 64 }, () => post('runner')))
    for (const { body } of replies) expect(body).toEqual(replies[0]?.body)
    expect((await post('handbook')).status).toBe(409)
    const { grants } = await server.operator.listGrants({
      holder: person('ida'),
      includeEnded: true,
      tenant: 'acme',
    })
    expect(grants).toHaveLength(1)
  })

  test.each([
    ['no slug', {}, 'slug'],
    ['a slug that is no text', { slug: 7 }, 'slug'],
    ['a list', [], ''],
    ['a key with SQL', { slug: "x'; drop table grants" }, 'target.product'],
  ])('%s is refused with the field', async (_, body, field) => {
    const reply = await ask('POST', users('pat') + at, body)
    expect(reply.status).toBe(400)
    expect(reply.body.details[0].debug).toMatchObject({ reason: 'INVALID_FIELD', metadata: { field } })
  })

  test('unknown people and products are 404, an unknown path too', async () => {
    expect((await ask('GET', users('never-seen') + at)).status).toBe(404)
    expect((await ask('GET', `${users(`sub_${crypto.randomUUID()}`)}${at}`)).status).toBe(404)
    expect((await ask('POST', `${users('never-seen')}/revoke${at}`, { slug: 'runner' })).status).toBe(404)
    expect((await ask('POST', users('petra') + at, { slug: 'not-there' })).status).toBe(404)
    expect(
      (await ask('PUT', `/v1/admin/applications/not-there/restricted${at}`, { restricted: true })).status,
    ).toBe(404)
  })
})

test('S002-39 a subject is reconciled by an administrator only: the present state is reported, and that it was asked for is in the audit', async () => {
  await server.operator.grant({ holder: person('recon'), target: plan('supporter'), tenant: 'acme' })
  const path = `/internal/reconcile/subject/recon${at}`
  const service = await server.caller(server.place.tenants.acme, 'service')
  const worker = await server.caller(server.place.tenants.acme, 'worker')
  for (const { key } of [service, worker])
    expect((await ask('POST', path, undefined, { authorization: `Bearer ${key}` })).status).toBe(403)
  expect((await fetch(`http://${server.http}${path}`, { method: 'POST' })).status).toBe(401)
  const { status, body } = await ask('POST', path)
  expect(status).toBe(200)
  expect(body).toMatchObject({ changed: 0, billing_asked: false })
  expect(body.entitlements.map(({ key }: { key: string }) => key)).toContain('docs_paid')
  const { changes } = await server.operator.call(AuditService.method.listChanges)({
    tenant: 'acme',
    pageSize: 5,
  })
  expect(changes.map(({ action }) => action)).toContain('ReconcileSubject')
  expect((await ask('POST', `/internal/reconcile/subject/nobody-there${at}`)).status).toBe(404)
})

test('S002-37 S002-38 the views of a subject take an internal token, and nothing less', async () => {
  const path = `http://${server.http}/v1/subjects/carol/entitlements${at}`
  expect((await fetch(path, { headers: { 'x-internal-token': server.key } })).status).toBe(200)
  expect((await fetch(path)).status).toBe(401)
  const gateway = await server.caller(server.place.tenants.acme, 'gateway')
  expect((await fetch(path, { headers: { 'x-internal-token': gateway.key } })).status).toBe(403)
})
