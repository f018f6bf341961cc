import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { encodeRevision } from '#core/revision.ts'
import { DecisionService } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { type WatchResponse, WatchService } from '#gen/vouchsafe/v1/watch_service_pb.ts'
import { alice, revision } from '#test/rpc/needs.ts'
import { failureOf, grpcDoor } from './door.ts'

const { listEntitlements, filterResources, explain } = DecisionService.method
const subject = { subject: { case: 'principal', value: { id: `sub_${alice}` } } } as const

test('ListEntitlements carries keys, values and windows', async () => {
  await using door = await grpcDoor()
  const list = await door.call(listEntitlements, { subject })
  expect(list).toMatchObject({
    tier: 'pro',
    subjectId: `sub_${alice}`,
    dataRevision: encodeRevision(revision),
  })
  expect(list.entitlements).toMatchObject([
    { key: 'docs_paid', kind: 'boolean', reasons: [{ code: 'GRANTED' }] },
    { key: 'seats', value: { kind: { value: 5 } }, expiresAt: { seconds: 1_800_000_000n } },
  ])
})

test('ListEntitlements without a subject is INVALID_ARGUMENT', async () => {
  await using door = await grpcDoor()
  const failure = await failureOf(door.call(listEntitlements, {}))
  expect(failure).toMatchObject({ code: status.INVALID_ARGUMENT, info: { metadata: { field: 'subject' } } })
})

test('FilterResources gives the visible ones in the order asked', async () => {
  await using door = await grpcDoor()
  const ids = ['b', 'hidden', 'a']
  expect((await door.call(filterResources, { subject, kind: 'product', ids })).ids).toEqual(['b', 'a'])
})

test.each([
  [{ kind: 'plan' }, 'kind'],
  [{ kind: 'product', ids: [''] }, 'ids[0]'],
  [{ kind: 'product', entitlement: 'a b' }, 'entitlement'],
  [{ kind: 'product', ids: Array.from({ length: 5001 }, () => 'x') }, 'ids'],
])('FilterResources refuses %o', async (request, field) => {
  await using door = await grpcDoor()
  const failure = await failureOf(door.call(filterResources, { subject, ...request }))
  expect(failure).toMatchObject({ code: status.INVALID_ARGUMENT, info: { metadata: { field } } })
})

test('Explain is the same answer with evidence and input', async () => {
  await using door = await grpcDoor()
  const { response, input } = await door.call(explain, { check: { subject, entitlement: 'docs_paid' } })
  expect(response).toMatchObject({ allowed: true, evidence: [{ rule: 'grant', kind: 'allow', holds: true }] })
  expect(input).toMatchObject({ tenant: {} })
  expect(door.asked[0]?.question.explain).toBe(true)
})

test('Watch streams checkpoints and changes, and stops the verb when the client leaves', async () => {
  let stopped: () => void = () => undefined
  const left = new Promise<void>((resolve) => {
    stopped = resolve
  })
  await using door = await grpcDoor({
    watch: async function* (_tenant, _after, signal) {
      yield { revision: 'r1', at: 1_700_000_000_000 }
      yield { revision: 'r2', at: 1_700_000_000_000, change: { subjects: [alice], tenant_wide: true } }
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      stopped()
    },
  })
  const call = door.serverStream(WatchService.method.watch, {})
  call.on('error', () => undefined)
  const events: WatchResponse[] = []
  for await (const event of call) {
    events.push(event as WatchResponse)
    if (events.length === 2) break
  }
  call.cancel()
  await left
  expect(events).toMatchObject([
    { revision: 'r1', event: { case: 'checkpoint', value: { at: { seconds: 1_700_000_000n } } } },
    { revision: 'r2', event: { case: 'change', value: { subjects: [`sub_${alice}`], tenantWide: true } } },
  ])
})

test('F55 Watch ends with UNAVAILABLE when the server drains, so that clients connect elsewhere', async () => {
  await using door = await grpcDoor()
  const call = door.serverStream(WatchService.method.watch, {})
  const ended = new Promise<number>((resolve) => call.on('status', ({ code }) => resolve(code)))
  call.on('error', () => undefined)
  await new Promise((resolve) => call.once('data', resolve))
  call.on('data', () => undefined)
  expect(await door.server.drain(5000)).toBe(true)
  expect(await ended).toBe(status.UNAVAILABLE)
})

test('Watch refuses a delegate, and a malformed place to resume', async () => {
  await using door = await grpcDoor()
  const codeOf = (after: string, key?: string) =>
    new Promise<number>((resolve) => {
      const call = door.serverStream(WatchService.method.watch, { after }, key)
      call.on('error', () => undefined)
      call.on('data', () => undefined)
      call.on('status', ({ code }) => resolve(code))
    })
  expect(await codeOf('', door.keyOf(['delegate']))).toBe(status.PERMISSION_DENIED)
  expect(await codeOf('nonsense')).toBe(status.INVALID_ARGUMENT)
})
