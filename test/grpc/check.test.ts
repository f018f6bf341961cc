import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { AppError } from '#core/errors.ts'
import { DecisionService } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { alice, otherTenant, token } from '#test/rpc/needs.ts'
import { failureOf, grpcDoor } from './door.ts'

const { check } = DecisionService.method
const principal = { subject: { case: 'principal', value: { id: `sub_${alice}` } } } as const
const asked = { subject: principal, entitlement: 'docs_paid' }

test('an allow carries the whole answer', async () => {
  await using door = await grpcDoor()
  const response = await door.call(check, { ...asked, entitlement: 'limit_seats' })
  expect(response).toMatchObject({
    allowed: true,
    tier: 'pro',
    denyAs: 0,
    value: { kind: { case: 'numberValue', value: 25 } },
    snapshotAge: { seconds: 1n, nanos: 234_000_000 },
    subjectId: `sub_${alice}`,
    decisionId: 'd-1',
    bundleRevision: 'b1',
  })
  expect(response.reasons[0]).toMatchObject({ code: 'GRANTED', params: { key: 'limit_seats' } })
  expect(door.requests).toEqual(['grpc Check OK'])
})

test('C-3 a denial is an answer with OK, deny_as and a fix', async () => {
  await using door = await grpcDoor()
  const response = await door.call(check, { ...asked, entitlement: 'denied_x' })
  expect(response).toMatchObject({ allowed: false, denyAs: 403, fix: [{ action: 'buy_plan' }] })
})

test('the question reaches the verb as it was asked', async () => {
  await using door = await grpcDoor()
  await door.call(check, {
    ...asked,
    entitlement: 'download',
    resource: { kind: 'product', id: 'editor' },
    context: { organization: 'org_1', module: 'docs', attributes: { ip: '::1', n: [1, { deep: null }] } },
    quantity: 3n,
  })
  expect(door.asked[0]?.question).toEqual({
    entitlement: 'download',
    resource: { kind: 'product', id: 'editor' },
    context: { organization: 'org_1', module: 'docs', attributes: { ip: '::1', n: [1, { deep: null }] } },
    quantity: 3,
    explain: false,
  })
})

test('S000-4 a verified token says whom it is about, and nothing beside it is believed', async () => {
  await using door = await grpcDoor()
  const subject = { subject: { case: 'accessToken', value: await token() } } as const
  const headers = { 'x-user-id': 'bob', 'x-subject': 'bob', 'x-tenant': otherTenant, sub: 'bob' }
  await door.call(check, { subject, entitlement: 'docs_paid' }, { headers })
  expect(door.asked[0]?.asker.principal).toMatchObject({ subject: alice, id: `sub_${alice}` })
})

test.each([
  ['expired', { exp: 1 }],
  ['audience', { aud: 'other' }],
])('a token refused for its %s is UNAUTHENTICATED', async (_cause, changes) => {
  await using door = await grpcDoor()
  const subject = { subject: { case: 'accessToken', value: await token(changes) } } as const
  const failure = await failureOf(door.call(check, { subject, entitlement: 'docs_paid' }))
  expect(failure).toMatchObject({ code: status.UNAUTHENTICATED, reason: 'TOKEN_REFUSED' })
})

test.each([
  ['no credential', ''],
  ['an unknown key', 'vch_aaaaaaaaaaaa_b'],
])('%s is UNAUTHENTICATED', async (_case, key) => {
  await using door = await grpcDoor()
  const failure = await failureOf(door.call(check, asked, { key }))
  expect(failure).toMatchObject({ code: status.UNAUTHENTICATED, reason: 'CALLER_UNAUTHENTICATED' })
  expect(failure.info?.domain).toBe('vouchsafe.v1')
  expect(door.asked).toEqual([])
})

test('a key beside an internal token is refused: two claims are none', async () => {
  await using door = await grpcDoor()
  const headers = { 'x-internal-token': door.keyOf(['service']) }
  await door.call(check, asked, { key: '', headers })
  const failure = await failureOf(door.call(check, asked, { headers }))
  expect(failure.reason).toBe('CALLER_UNAUTHENTICATED')
})

test('a delegate may not name a principal', async () => {
  await using door = await grpcDoor()
  const failure = await failureOf(door.call(check, asked, { key: door.keyOf(['delegate']) }))
  expect(failure).toMatchObject({ code: status.PERMISSION_DENIED, reason: 'CALLER_NOT_ALLOWED' })
})

test('a tenant that is not the caller’s is PERMISSION_DENIED', async () => {
  await using door = await grpcDoor()
  const failure = await failureOf(door.call(check, { ...asked, tenant: 'globex' }))
  expect(failure).toMatchObject({ code: status.PERMISSION_DENIED, reason: 'TENANT_MISMATCH' })
})

test('S003-27 a platform caller that names no tenant is refused; with one it is answered there', async () => {
  await using door = await grpcDoor()
  const key = door.keyOf(['service'], '')
  const failure = await failureOf(door.call(check, asked, { key }))
  expect(failure).toMatchObject({ code: status.INVALID_ARGUMENT, info: { metadata: { field: 'tenant' } } })
  await door.call(check, { ...asked, tenant: 'globex' }, { key })
  expect(door.asked[0]?.asker.principal.tenant).toBe(otherTenant)
})

test.each(['', 'UPPER', 'a b', 'a:b:c', 'data.vouchsafe', '../x', 'a'.repeat(64), 'é', 'x\n', '__proto__'])(
  'V2 the malformed entitlement %j is INVALID_ARGUMENT and reaches no verb',
  async (entitlement) => {
    await using door = await grpcDoor()
    if (entitlement === 'data.vouchsafe') {
      await door.call(check, { ...asked, entitlement })
      expect(door.asked[0]?.question.entitlement).toBe(entitlement)
      return
    }
    const failure = await failureOf(door.call(check, { ...asked, entitlement }))
    expect(failure).toMatchObject({
      code: status.INVALID_ARGUMENT,
      info: { reason: 'INVALID_FIELD', metadata: { field: 'entitlement', rule: 'string.pattern' } },
    })
    expect(door.asked).toEqual([])
  },
)

test('an unforeseen error is INTERNAL with an id, and says nothing more', async () => {
  await using door = await grpcDoor()
  const call = door.call(check, { ...asked, entitlement: 'boom' })
  const failure = await failureOf(call)
  expect(failure).toMatchObject({ code: status.INTERNAL, reason: 'INTERNAL' })
  await expect(call).rejects.not.toThrow(/secret|postgres/)
  const id = failure.info?.metadata.error_id ?? 'none'
  expect(door.needs.log.lines.some((line) => line.includes(id))).toBe(true)
})

test('a demanded revision that does not come in time is UNAVAILABLE', async () => {
  const late = () => Promise.reject(new AppError('NOT_FRESH_ENOUGH', 'Not in time.', { wanted: '8' }))
  await using door = await grpcDoor({ awaitFreshness: late })
  const consistency = { demand: { case: 'fresh', value: true } } as const
  const failure = await failureOf(door.call(check, { ...asked, consistency }))
  expect(failure).toMatchObject({ code: status.UNAVAILABLE, info: { metadata: { wanted: '8' } } })
})

test('a malformed revision token is INVALID_ARGUMENT', async () => {
  await using door = await grpcDoor()
  const consistency = { demand: { case: 'atLeast', value: 'nonsense' } } as const
  const failure = await failureOf(door.call(check, { ...asked, consistency }))
  expect(failure).toMatchObject({ code: status.INVALID_ARGUMENT, info: { metadata: { rule: 'revision' } } })
})

test('an answer that does not come within the caller’s deadline is DEADLINE_EXCEEDED', async () => {
  await using door = await grpcDoor({ awaitFreshness: () => new Promise(() => undefined) })
  const consistency = { demand: { case: 'fresh', value: true } } as const
  const options = { deadline: Date.now() + 50 }
  const failure = await failureOf(door.call(check, { ...asked, consistency }, { options }))
  expect(failure.code).toBe(status.DEADLINE_EXCEEDED)
})
