import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PriceService } from '#gen/vouchsafe/admin/v1/price_service_pb.ts'
import { StripeService } from '#gen/vouchsafe/admin/v1/stripe_service_pb.ts'
import { failureOf } from '#test/administration/failure-of.ts'
import { type Server, startServer } from '#test/end-to-end/server.ts'

let server: Server
beforeAll(async () => {
  server = await startServer({ VOUCHSAFE_LOG_LEVEL: 'error' })
})
afterAll(() => server?.stop())

const stripe = StripeService.method
const call: Server['operator']['call'] = (method) => server.operator.call(method)
const tenant = 'acme'
const set = (lifecycle: object) => call(stripe.setLifecycle)({ lifecycle, tenant })

describe('lifecycles', () => {
  test('what becomes of a right is a rule of the tenant or of a plan: set, replaced, listed, taken back', async () => {
    const made = await set({ plan: 'pro', onCancel: 'read_only', readOnlyDays: 30 })
    expect(made).toMatchObject({
      changed: true,
      lifecycle: {
        plan: 'pro',
        onCancel: 'read_only',
        readOnlyDays: 30,
        onPause: 'keep',
        onPartialRefund: 'keep',
        onDispute: 'suspend',
      },
    })
    expect(await set({ plan: 'pro', onCancel: 'read_only', readOnlyDays: 30 })).toMatchObject({
      changed: false,
      revision: made.revision,
    })
    const replaced = await set({
      plan: 'pro',
      onCancel: 'downgrade',
      downgradeTo: 'free',
      onPause: 'suspend',
    })
    expect(replaced.lifecycle).toMatchObject({ onCancel: 'downgrade', readOnlyDays: 0, onPause: 'suspend' })
    expect(replaced.lifecycle?.downgradeTo).toMatch(/^free@\d+$/)
    await set({ onDispute: 'keep' })
    const { lifecycles } = await call(stripe.listLifecycles)({ tenant })
    expect(lifecycles.map(({ plan, onCancel }) => [plan, onCancel])).toEqual([
      ['', 'revoke'],
      ['pro', 'downgrade'],
    ])
    expect(await call(stripe.removeLifecycle)({ plan: 'pro', tenant })).toMatchObject({ changed: true })
    expect(await call(stripe.removeLifecycle)({ plan: 'pro', tenant })).toMatchObject({ changed: false })
    expect((await call(stripe.listLifecycles)({ tenant })).lifecycles).toHaveLength(1)
  })

  test.each([
    ['a plan for another rule', { onCancel: 'revoke', downgradeTo: 'free' }, 'downgrade_to'],
    ['a downgrade to nothing', { onCancel: 'downgrade' }, 'downgrade_to'],
    ['days for another rule', { readOnlyDays: 3 }, 'read_only_days'],
    ['read-only without days', { onCancel: 'read_only' }, 'read_only_days'],
    [
      'read-only for longer than ten years',
      { onCancel: 'read_only', readOnlyDays: 3651 },
      'lifecycle.read_only_days',
    ],
    ['a word that is none', { onCancel: 'forget' }, 'lifecycle.on_cancel'],
    ['a pause that revokes', { onPause: 'revoke' }, 'lifecycle.on_pause'],
    ['a hostile plan', { plan: "pro'; drop table" }, 'lifecycle.plan'],
  ])('%s is refused', async (_, lifecycle, field) => {
    expect(await failureOf(set(lifecycle))).toMatchObject({ code: 'INVALID_FIELD', field })
  })

  test('a plan that is not there is not found', async () => {
    expect((await failureOf(set({ plan: 'nowhere' }))).code).toBe('NOT_FOUND')
    expect((await failureOf(set({ onCancel: 'downgrade', downgradeTo: 'nowhere@9' }))).code).toBe('NOT_FOUND')
  })

  test('an admin of the tenant sets them; an auditor reads them; others neither', async () => {
    const admin = await server.caller(server.place.tenants.globex, 'tenant_admin')
    const auditor = await server.caller(server.place.tenants.globex, 'auditor')
    const service = await server.caller(server.place.tenants.globex, 'service')
    await admin.client.call(stripe.setLifecycle)({ lifecycle: { onCancel: 'read_only', readOnlyDays: 1 } })
    expect((await auditor.client.call(stripe.listLifecycles)({})).lifecycles).toHaveLength(1)
    const refused = auditor.client.call(stripe.setLifecycle)({ lifecycle: {} })
    expect((await failureOf(refused)).code).toBe('CALLER_NOT_ALLOWED')
    expect((await failureOf(service.client.call(stripe.listLifecycles)({}))).code).toBe('CALLER_NOT_ALLOWED')
  })
})

describe('mappings', () => {
  const map = (mapping: object) => call(PriceService.method.mapPrice)({ mapping: mapping as never, tenant })
  const entitlement = (value: string) => ({ target: { case: 'entitlement', value } })

  test('S001-6 S001-14 a mapping says what the bought number means, and where it counts', async () => {
    const seats = {
      externalId: 'price_seats',
      target: { case: 'plan', value: 'pro' },
      quantity: 'seats',
      pool: 'desk',
    }
    const first = await map(seats)
    expect(first).toMatchObject({ changed: true, mapping: { quantity: 'seats', pool: 'desk' } })
    expect(await map(seats)).toMatchObject({ changed: false, mapping: { id: first.mapping?.id } })
    const follows = await map({ ...seats, quantity: 'follows_seats' })
    expect(follows).toMatchObject({
      changed: true,
      mapping: { id: first.mapping?.id, quantity: 'follows_seats' },
    })
    const value = await map({ externalId: 'price_calls', ...entitlement('api_calls'), quantity: 'value' })
    expect(value).toMatchObject({ changed: true, mapping: { quantity: 'value' } })
    const plain = await map({ externalId: 'price_plain', ...entitlement('docs_paid'), quantity: 'ignored' })
    expect(plain.mapping?.quantity).toBe('')
  })

  test.each([
    ['seats without a pool', { ...entitlement('docs_paid'), quantity: 'seats' }, 'pool'],
    ['a pool without seats', { ...entitlement('docs_paid'), pool: 'desk' }, 'pool'],
    ['a value of what is not counted', { ...entitlement('docs_paid'), quantity: 'value' }, 'quantity'],
    ['a value of a plan', { target: { case: 'plan', value: 'pro' }, quantity: 'value' }, 'quantity'],
    [
      'a number of a feature',
      { ...entitlement('docs_paid'), match: 'feature', quantity: 'seats', pool: 'p' },
      'quantity',
    ],
    ['another word', { ...entitlement('docs_paid'), quantity: 'all' }, 'mapping.quantity'],
    ['a hostile pool', { ...entitlement('docs_paid'), quantity: 'seats', pool: 'a b' }, 'mapping.pool'],
  ])('%s is refused', async (_, mapping, field) => {
    const failure = await failureOf(map({ externalId: 'price_odd', ...mapping }))
    expect(failure).toMatchObject({ code: 'INVALID_FIELD', field })
  })

  test('a module that is not there is not found', async () => {
    const failure = await failureOf(
      map({ externalId: 'price_odd', ...entitlement('docs_paid'), module: 'nowhere' }),
    )
    expect(failure.code).toBe('NOT_FOUND')
  })
})
