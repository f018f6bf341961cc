import { create } from '@bufbuild/protobuf'
import { ValueSchema } from '@bufbuild/protobuf/wkt'
import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { encodeRevision } from '#core/revision.ts'
import type { Role } from '#core/tenant-view.ts'
import { Effect, GrantService } from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { tenantId } from '#test/fixtures/view.ts'
import { alice, otherTenant, revision } from '#test/rpc/needs.ts'
import { failureOf, grpcDoor } from './door.ts'

const { grantEntitlement, revokeEntitlement, listGrants } = GrantService.method
const holder = { holder: { case: 'subject', value: `sub_${alice}` } } as const
const target = { target: { case: 'entitlement', value: 'docs_paid' } } as const
const number = (value: number) => create(ValueSchema, { kind: { case: 'numberValue', value } })

test('a grant reaches the command as it was sent, and its revision comes back', async () => {
  await using door = await grpcDoor()
  const key = door.keyOf(['tenant_admin'])
  const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
  const response = await door.call(
    grantEntitlement,
    {
      holder,
      target,
      effect: Effect.OVERRIDE,
      module: 'docs',
      value: number(5),
      startsAt: { seconds: 100n },
      endsAt: { seconds: 200n, nanos: 5_000_000 },
      reason: 'asked for',
      requestId: 'r-1',
    },
    { key, headers },
  )
  expect(door.granted).toEqual([
    {
      by: { tenant: tenantId, actor: 'c-tenant_admin', cause: '0af7651916cd43dd8448eb211c80319c' },
      input: {
        holder: { subject: `sub_${alice}` },
        target: { entitlement: 'docs_paid' },
        effect: 'override',
        module: 'docs',
        value: 5,
        starts_at: 100_000,
        ends_at: 200_005,
        source: 'admin',
        source_ref: '',
        reason: 'asked for',
        access: 'full',
        request_id: 'r-1',
      },
    },
  ])
  expect(response).toMatchObject({
    changed: true,
    revision: encodeRevision(revision),
    grant: {
      effect: Effect.OVERRIDE,
      target,
      holder,
      value: { kind: { value: 5 } },
      startsAt: { seconds: 100n },
    },
  })
})

const helpless: readonly (readonly Role[])[] = [
  ['worker'],
  ['service'],
  ['gateway'],
  ['auditor'],
  ['delegate'],
  ['worker', 'tenant_admin'],
  ['worker', 'operator'],
]
test.each(helpless)('S000-16 a caller with %s %s may neither grant nor revoke', async (...roles) => {
  await using door = await grpcDoor()
  const key = door.keyOf(roles.filter((role) => role !== undefined))
  for (const call of [
    door.call(grantEntitlement, { holder, target }, { key }),
    door.call(revokeEntitlement, { holder, target }, { key }),
  ]) {
    expect(await failureOf(call)).toMatchObject({
      code: status.PERMISSION_DENIED,
      reason: 'CALLER_NOT_ALLOWED',
    })
  }
  expect(door.granted).toEqual([])
})

test('V28 an admin cannot grant in another tenant; an operator of the platform names it', async () => {
  await using door = await grpcDoor()
  const foreign = { holder, target, tenant: 'globex' }
  const failure = await failureOf(door.call(grantEntitlement, foreign, { key: door.keyOf(['tenant_admin']) }))
  expect(failure).toMatchObject({ code: status.PERMISSION_DENIED, reason: 'TENANT_MISMATCH' })
  const operator = door.keyOf(['operator'], '')
  await door.call(grantEntitlement, foreign, { key: operator })
  expect(door.granted.map(({ by }) => by.tenant)).toEqual([otherTenant])
  expect((await failureOf(door.call(listGrants, { holder }, { key: operator }))).code).toBe(
    status.INVALID_ARGUMENT,
  )
})

test.each([
  ['no holder', { target }, 'holder'],
  ['an empty holder', { holder: {}, target }, 'holder.holder'],
  ['a target of capitals', { holder, target: { target: { case: 'plan', value: 'Pro' } } }, 'target.plan'],
  ['a negative value', { holder, target, value: number(-1) }, 'value'],
  ['a value that is no number', { holder, target, value: number(Number.NaN) }, 'value'],
  [
    'an end before the start',
    { holder, target, startsAt: { seconds: 9n }, endsAt: { seconds: 9n } },
    'ends_at',
  ],
  ['a source it may not claim', { holder, target, source: 'stripe' }, 'source'],
  ['an unknown effect', { holder, target, effect: 9 }, 'effect'],
] as const)('%s is INVALID_ARGUMENT', async (_case, request, field) => {
  await using door = await grpcDoor()
  const key = door.keyOf(['operator'])
  // biome-ignore lint/suspicious/noExplicitAny: the bad ones are not of the type.
  const failure = await failureOf(door.call(grantEntitlement, request as any, { key }))
  expect(failure).toMatchObject({ code: status.INVALID_ARGUMENT, info: { metadata: { field } } })
  expect(door.granted).toEqual([])
})

test('a revoke names a grant, or a holder and a target, and not both', async () => {
  await using door = await grpcDoor()
  const key = door.keyOf(['tenant_admin'])
  const outcome = async (request: object) => {
    const { code } = await failureOf(
      door
        .call(revokeEntitlement, request, { key })
        .then(() => Promise.reject({ code: 0, metadata: { get: () => [] } })),
    )
    return code
  }
  expect(await outcome({ grantId: 'grt_1' })).toBe(0)
  expect(await outcome({ holder, target })).toBe(0)
  expect(await outcome({ grantId: 'grt_1', holder })).toBe(status.INVALID_ARGUMENT)
  expect(await outcome({ holder })).toBe(status.INVALID_ARGUMENT)
  expect(await outcome({})).toBe(status.INVALID_ARGUMENT)
})

test('an auditor may list', async () => {
  await using door = await grpcDoor()
  const page = await door.call(listGrants, { holder }, { key: door.keyOf(['auditor']) })
  expect(page).toMatchObject({ grants: [], nextPageToken: '', revision: encodeRevision(revision) })
})
