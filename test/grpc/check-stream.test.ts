import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { type CheckStreamResponse, DecisionService } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { alice } from '#test/rpc/needs.ts'
import { grpcDoor } from './door.ts'

const { checkStream } = DecisionService.method
const subject = { subject: { case: 'principal', value: { id: `sub_${alice}` } } } as const
const question = (correlationId: bigint, entitlement = 'docs_paid') => ({
  correlationId,
  check: { subject, entitlement },
})
const fresh = { demand: { case: 'fresh', value: true } } as const

type Outcome = { answers: CheckStreamResponse[]; code: number }

function collect(call: ReturnType<Awaited<ReturnType<typeof grpcDoor>>['stream']>): Promise<Outcome> {
  const answers: CheckStreamResponse[] = []
  return new Promise((resolve) => {
    call.on('data', (answer: CheckStreamResponse) => answers.push(answer))
    call.on('error', () => undefined)
    call.on('status', ({ code }: { code: number }) => resolve({ answers, code }))
  })
}

test('every question is answered under its id, and a bad one does not end the stream', async () => {
  await using door = await grpcDoor()
  const call = door.stream(checkStream)
  const outcome = collect(call)
  call.write(question(7n))
  call.write(question(8n, 'BAD'))
  call.write({ correlationId: 9n })
  call.write(question(18446744073709551615n, 'denied_x'))
  call.end()
  const { answers, code } = await outcome
  expect(code).toBe(status.OK)
  const shown = answers.map(({ correlationId, result }) => [
    correlationId,
    result.case === 'error' ? result.value.reason : result.value?.allowed,
  ])
  expect(shown).toEqual([
    [7n, true],
    [8n, 'INVALID_FIELD'],
    [9n, 'INVALID_FIELD'],
    [18446744073709551615n, false],
  ])
})

test('an answer may overtake one that waits', async () => {
  let release: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  await using door = await grpcDoor({ awaitFreshness: () => gate })
  const call = door.stream(checkStream)
  const outcome = collect(call)
  call.write({ correlationId: 1n, check: { subject, entitlement: 'docs_paid', consistency: fresh } })
  call.write(question(2n))
  call.once('data', () => {
    release()
    call.end()
  })
  const { answers } = await outcome
  expect(answers.map(({ correlationId }) => correlationId)).toEqual([2n, 1n])
})

test('many more questions than may be in flight are all answered', async () => {
  await using door = await grpcDoor({ awaitFreshness: async () => undefined })
  const call = door.stream(checkStream)
  const outcome = collect(call)
  for (let id = 0n; id < 5000n; id++) {
    const check = { subject, entitlement: 'docs_paid', ...(id % 3n === 0n && { consistency: fresh }) }
    if (!call.write({ correlationId: id, check })) await new Promise((resolve) => call.once('drain', resolve))
  }
  call.end()
  const { answers, code } = await outcome
  expect(code).toBe(status.OK)
  expect(new Set(answers.map(({ correlationId }) => correlationId)).size).toBe(5000)
})

test('F39 reading pauses while too many questions are unanswered', async () => {
  let release: () => void = () => undefined
  let waiting = 0
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  await using door = await grpcDoor({
    awaitFreshness: () => {
      waiting++
      return gate
    },
  })
  const call = door.stream(checkStream)
  const outcome = collect(call)
  for (let id = 0n; id < 1000n; id++) {
    call.write({ correlationId: id, check: { subject, entitlement: 'docs_paid', consistency: fresh } })
  }
  call.end()
  await new Promise((resolve) => setTimeout(resolve, 200))
  // The 16 that a stream's own buffer holds may have been handed over already.
  expect(waiting).toBeGreaterThan(100)
  expect(waiting).toBeLessThanOrEqual(256 + 16)
  release()
  expect((await outcome).answers).toHaveLength(1000)
})

test('an unknown caller’s stream ends at once', async () => {
  await using door = await grpcDoor()
  const call = door.stream(checkStream, 'vch_no')
  const outcome = collect(call)
  call.write(question(1n))
  expect(await outcome).toEqual({ answers: [], code: status.UNAUTHENTICATED })
})

test('bytes that are no message end the stream', async () => {
  await using door = await grpcDoor()
  const call = door.client.makeBidiStreamRequest(
    '/vouchsafe.v1.DecisionService/CheckStream',
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes,
    door.metadataOf(),
  )
  const code = new Promise((resolve) => call.on('status', (ended) => resolve(ended.code)))
  call.on('error', () => undefined)
  call.on('data', () => undefined)
  call.write(Buffer.from([0xff, 0xff, 0xff]))
  expect(await code).toBe(status.INVALID_ARGUMENT)
})

test('F55 a drain answers everything outstanding and ends with OK', async () => {
  let release: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  await using door = await grpcDoor({ awaitFreshness: () => gate })
  const call = door.stream(checkStream)
  const outcome = collect(call)
  for (let id = 0n; id < 100n; id++) {
    call.write({ correlationId: id, check: { subject, entitlement: 'docs_paid', consistency: fresh } })
  }
  call.write(question(100n))
  await new Promise((resolve) => call.once('data', resolve))
  const drained = door.server.drain(10_000)
  setTimeout(release, 200)
  const { answers, code } = await outcome
  expect(code).toBe(status.OK)
  expect(answers).toHaveLength(101)
  expect(await drained).toBe(true)
})

test('F55 what is not done at the end of the grace is cut', async () => {
  await using door = await grpcDoor({ awaitFreshness: () => new Promise(() => undefined) })
  const call = door.stream(checkStream)
  const outcome = collect(call)
  call.write({ correlationId: 1n, check: { subject, entitlement: 'docs_paid', consistency: fresh } })
  call.write(question(2n))
  await new Promise((resolve) => call.once('data', resolve))
  expect(await door.server.drain(300)).toBe(false)
  expect((await outcome).code).not.toBe(status.OK)
})
