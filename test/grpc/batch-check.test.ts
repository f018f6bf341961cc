import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { DecisionService } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { alice, token } from '#test/rpc/needs.ts'
import { failureOf, grpcDoor } from './door.ts'

const { batchCheck } = DecisionService.method
const subject = { subject: { case: 'principal', value: { id: `sub_${alice}` } } } as const

test('answers and errors come in the order of the questions', async () => {
  await using door = await grpcDoor()
  const bearer = { subject: { case: 'accessToken', value: await token() } } as const
  const refused = { subject: { case: 'accessToken', value: 'junk' } } as const
  const { results } = await door.call(batchCheck, {
    checks: [
      { subject: bearer, entitlement: 'docs_paid' },
      { subject, entitlement: 'BAD' },
      { subject: refused, entitlement: 'docs_paid' },
      { subject, entitlement: 'denied_x' },
      { subject, entitlement: 'boom' },
      { entitlement: 'docs_paid' },
    ],
  })
  expect(
    results.map(({ result }) => (result.case === 'error' ? result.value.reason : result.value?.allowed)),
  ).toEqual([true, 'INVALID_FIELD', 'TOKEN_REFUSED', false, 'INTERNAL', 'INVALID_FIELD'])
  expect(JSON.stringify(results[4]?.result.value)).not.toMatch(/secret|postgres/)
})

test('all are decided in one go, after the last has what it waits for', async () => {
  const order: string[] = []
  await using door = await grpcDoor({
    awaitFreshness: async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      order.push('fresh')
    },
  })
  const check = door.needs.verbs.check
  Object.assign(door.needs.verbs, {
    check: (...args: Parameters<typeof check>) => {
      order.push('check')
      queueMicrotask(() => order.push('yielded'))
      return check(...args)
    },
  })
  const consistency = { demand: { case: 'fresh', value: true } } as const
  const asked = { subject, entitlement: 'docs_paid' }
  await door.call(batchCheck, { checks: [asked, { ...asked, consistency }, asked] })
  expect(order.slice(0, 4)).toEqual(['fresh', 'check', 'check', 'check'])
})

test.each([
  [0, false],
  [1, true],
  [99, true],
  [100, true],
  [101, false],
  [1000, false],
])('V18 a batch of %i is answered whole: %s, else refused whole', async (count, answered) => {
  await using door = await grpcDoor()
  const checks = Array.from({ length: count }, () => ({ subject, entitlement: 'docs_paid' }))
  const call = door.call(batchCheck, { checks })
  if (answered) expect((await call).results).toHaveLength(count)
  else expect(await failureOf(call)).toMatchObject({ code: status.INVALID_ARGUMENT, reason: 'INVALID_FIELD' })
  expect(door.asked).toHaveLength(answered ? count : 0)
})
