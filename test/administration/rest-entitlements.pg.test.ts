import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EntitlementService } from '#gen/vouchsafe/admin/v1/entitlement_service_pb.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'
import { since } from './named.ts'
import { rest } from './rest.ts'

let server: Server
beforeAll(async () => {
  server = await startServer()
  for (const [key, kind, combine] of [
    ['ai_credits', 'credit', 'sum'],
    ['tokens', 'metered', 'sum'],
  ])
    await server.operator.call(EntitlementService.method.createEntitlement)({
      entitlement: { key: key ?? '', kind: kind ?? '', combine: combine ?? '' },
      tenant: 'acme',
    })
})
afterAll(() => server?.stop())

const at = '?tenant=acme'
const ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  rest(server, method, path, body, headers)

describe('the entitlements’ administration', () => {
  const path = '/api/v1/entitlements'
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString()
  const types = [
    [
      'SUBSCRIPTION',
      { subscription_id: 'sub_5', tier_id: 'supporter' },
      'subscription',
      { tier_id: 'supporter@1', reference_id: 'sub_5', source: 'purchase' },
      'api_access',
    ],
    [
      'PRODUCT_ACCESS',
      { product_id: 'runner' },
      'purchase',
      { product_id: 'runner', source: 'purchase' },
      undefined,
    ],
    [
      'CREDIT_GRANT',
      { credit_type: 'ai_credits', quantity: 40 },
      'promotion',
      { credit_type: 'ai_credits', quantity: 40, source: 'promotion' },
      'ai_credits',
    ],
    [
      'FEATURE_UNLOCK',
      { entitlement: 'enterprise_sso' },
      'enterprise_contract',
      { entitlement: 'enterprise_sso', source: 'contract' },
      'enterprise_sso',
    ],
    ['TIER_ACCESS', { tier_id: 'pro' }, 'manual', { tier_id: 'pro@1', source: 'admin' }, 'docs_paid'],
    ['API_ACCESS', {}, 'bonus', { entitlement: 'api_access', source: 'promotion' }, 'api_access'],
    [
      'USAGE_ALLOWANCE',
      { credit_type: 'tokens', quantity: 900 },
      'trial',
      { entitlement: 'tokens', quantity: 900, source: 'trial' },
      'tokens',
    ],
    [
      'TEMPORARY_ACCESS',
      { entitlement: 'early_access', expires_at: inAnHour },
      'subscription_cancelled',
      { entitlement: 'early_access', expires_at: inAnHour, source: 'admin' },
      'early_access',
    ],
  ] as const

  test.each(types)(
    'S004-23 S004-26 the type %s is granted, read back as it was sent, asked, and deleted',
    async (type, fields, reason, want, key) => {
      const user_id = `typed-${type.toLowerCase()}`
      const sent = { user_id, entitlement_type: type, grant_reason: reason, ...fields }
      const made = await ask('POST', path + at, {
        ...sent,
        notes: 'n',
        cost_microcents: 5,
        metadata: { a: 1 },
      })
      expect(made.status).toBe(201)
      expect(made.body).toMatchObject({
        entitlement_type: type,
        grant_reason: reason,
        is_active: true,
        notes: 'n',
        cost_microcents: 5,
        metadata: { a: 1 },
        ...want,
      })
      const one = `${path}/${made.body.id}${at}`
      expect((await ask('GET', one)).body).toEqual(made.body)
      const question = key
        ? { entitlement: key }
        : { entitlement: 'use', resource: { kind: 'product', id: 'runner' } }
      const allowed = async (revision: string) =>
        (await server.ask(user_id, { ...question, consistency: since(revision) })).allowed
      expect(await allowed(made.body.revision)).toBe(true)
      const gone = await ask('DELETE', `${one}&reason=over`)
      expect(gone.body).toMatchObject({ revoked: 1 })
      expect(await allowed(gone.body.revision)).toBe(false)
      const row = await ask('GET', one)
      expect(row.body).toMatchObject({ is_active: false, revoke_reason: 'over' })
    },
  )

  test('S004-25 S004-33 a grant may begin in the future, last for ever and be without limit; the list shows them all', async () => {
    const later = new Date(Date.now() + 86_400_000).toISOString()
    const user_id = 'lister'
    const post = (body: object) => ask('POST', path + at, { user_id, ...body })
    await post({
      entitlement_type: 'FEATURE_UNLOCK',
      entitlement: 'docs_paid',
      grant_reason: 'manual',
      granted_at: later,
    })
    const unlimited = await post({
      entitlement_type: 'CREDIT_GRANT',
      credit_type: 'ai_credits',
      grant_reason: 'bonus',
    })
    expect(unlimited.body).toMatchObject({ quantity: null, expires_at: null })
    const listed = await ask('GET', `${path}${at}&user_id=${user_id}`)
    expect(listed.body.entitlements.map((each: { is_active: boolean }) => each.is_active).sort()).toEqual([
      false,
      true,
    ])
    const answer = await server.ask(user_id, {
      entitlement: 'ai_credits',
      consistency: since(unlimited.body.revision),
    })
    expect(answer.value?.kind.value).toBe('unlimited')
    const first = await ask('GET', `${path}${at}&user_id=${user_id}&page_size=1`)
    expect(first.body.entitlements).toHaveLength(1)
    const second = await ask(
      'GET',
      `${path}${at}&user_id=${user_id}&page_size=1&page_token=${first.body.next_page_token}`,
    )
    expect(second.body.entitlements[0].id).not.toBe(first.body.entitlements[0].id)
  })

  test('S004-32 the summary counts what is live, names a subscription, and adds up credits by type', async () => {
    const user_id = 'summed'
    const post = (body: object) => ask('POST', path + at, { user_id, ...body })
    await post({
      entitlement_type: 'CREDIT_GRANT',
      credit_type: 'ai_credits',
      quantity: 100,
      grant_reason: 'purchase',
      reference_id: 'a',
    })
    await post({
      entitlement_type: 'CREDIT_GRANT',
      credit_type: 'ai_credits',
      quantity: 20,
      grant_reason: 'promotion',
      reference_id: 'b',
    })
    const before = await ask('GET', `${path}/summary${at}&user_id=${user_id}`)
    expect(before.body).toMatchObject({
      active_count: 2,
      has_active_subscription: false,
      credits: { ai_credits: { available: 120, used: null } },
    })
    await post({
      entitlement_type: 'SUBSCRIPTION',
      subscription_id: 's',
      tier_id: 'pro',
      grant_reason: 'subscription',
    })
    const after = await ask('GET', `${path}/summary${at}&user_id=${user_id}`)
    expect(after.body).toMatchObject({
      active_count: 3,
      has_active_subscription: true,
      by_type: { CREDIT_GRANT: 2, SUBSCRIPTION: 1 },
    })
  })

  test('S004-30 a reference takes back what was given under it, of one person or of all', async () => {
    const give = (user_id: string) =>
      ask('POST', path + at, {
        user_id,
        entitlement_type: 'FEATURE_UNLOCK',
        entitlement: 'enterprise_sso',
        grant_reason: 'promotion',
        reference_id: 'ref-9',
      })
    await Promise.all(['r-1', 'r-2', 'r-3'].map(give))
    const one = await ask('DELETE', `${path}${at}&reference_id=ref-9&user_id=r-1`, { reason: 'returned' })
    expect(one.body).toMatchObject({ revoked: 1, more: false })
    expect((await ask('DELETE', `${path}${at}&reference_id=ref-9`)).body).toMatchObject({ revoked: 2 })
    expect((await ask('DELETE', path + at)).status).toBe(400)
  })

  test.each([
    ['an unknown type', { entitlement_type: 'MAGIC', grant_reason: 'manual' }, 'entitlement_type'],
    ['an unknown reason', { entitlement_type: 'API_ACCESS', grant_reason: 'because' }, 'grant_reason'],
    ['no reason', { entitlement_type: 'API_ACCESS' }, 'grant_reason'],
    ['no product', { entitlement_type: 'PRODUCT_ACCESS', grant_reason: 'manual' }, 'product_id'],
    [
      'no subscription',
      { entitlement_type: 'SUBSCRIPTION', tier_id: 'pro', grant_reason: 'manual' },
      'subscription_id',
    ],
    [
      'no end',
      { entitlement_type: 'TEMPORARY_ACCESS', entitlement: 'docs_paid', grant_reason: 'manual' },
      'expires_at',
    ],
    [
      'a negative quantity',
      { entitlement_type: 'CREDIT_GRANT', credit_type: 'ai_credits', quantity: -1, grant_reason: 'manual' },
      'quantity',
    ],
    [
      'a quantity of what has none',
      { entitlement_type: 'PRODUCT_ACCESS', product_id: 'runner', quantity: 2, grant_reason: 'manual' },
      'quantity',
    ],
    [
      'a time that is none',
      { entitlement_type: 'API_ACCESS', grant_reason: 'manual', expires_at: 'tomorrow' },
      'expires_at',
    ],
    [
      'an end before the start',
      {
        entitlement_type: 'API_ACCESS',
        grant_reason: 'manual',
        granted_at: '2030-01-02T00:00:00Z',
        expires_at: '2030-01-01T00:00:00Z',
      },
      'ends_at',
    ],
  ])('%s is refused and nothing is given', async (_, body, field) => {
    const reply = await ask('POST', path + at, { user_id: 'never-given', ...body })
    expect(reply).toMatchObject({ status: 400, body: { code: 'invalid_argument' } })
    expect(reply.body.details[0].debug.metadata.field).toBe(field)
    expect((await ask('GET', `${path}${at}&user_id=never-given`)).status).toBe(404)
  })

  test('S004-33 S000-16 only administrators come in; another tenant’s finds nothing of ours', async () => {
    const made = await ask('POST', path + at, {
      user_id: 'guarded',
      entitlement_type: 'API_ACCESS',
      grant_reason: 'manual',
    })
    const one = `${path}/${made.body.id}`
    for (const role of ['service', 'worker', 'gateway', 'auditor', 'delegate'] as const) {
      const { key } = await server.caller(server.place.tenants.acme, role)
      const reply = await ask('DELETE', one, undefined, { authorization: `Bearer ${key}` })
      expect(reply.status, role).toBe(403)
      const given = await ask(
        'POST',
        path,
        { user_id: 'x', entitlement_type: 'API_ACCESS', grant_reason: 'manual' },
        { authorization: `Bearer ${key}` },
      )
      expect(given.status, role).toBe(403)
    }
    const other = await server.caller(server.place.tenants.globex, 'tenant_admin')
    const headers = { authorization: `Bearer ${other.key}` }
    expect((await ask('GET', one, undefined, headers)).status).toBe(404)
    expect((await ask('DELETE', one, undefined, headers)).status).toBe(404)
    expect((await ask('GET', `${one}?tenant=acme`, undefined, headers)).status).toBe(403)
  })
})
