import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { create, toBinary } from '@bufbuild/protobuf'
import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import type { JsonObject } from '#core/json.ts'
import { CheckRequestSchema } from '#gen/vouchsafe/v1/decision_pb.ts'
import { DecisionService } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { alice } from '#test/rpc/needs.ts'
import { failureOf, grpcDoor } from './door.ts'
import { frame, rawSession } from './raw.ts'

const { check } = DecisionService.method
const path = '/vouchsafe.v1.DecisionService/Check'
const subject = { subject: { case: 'principal', value: { id: `sub_${alice}` } } } as const
const asked = { subject, entitlement: 'docs_paid' }
const bytes = toBinary(CheckRequestSchema, create(CheckRequestSchema, asked))

test.each([
  'vouchsafe.v1.DecisionService/Check',
  '//vouchsafe.v1.DecisionService/Check',
  '/vouchsafe.v1.DecisionService/check',
  '/VOUCHSAFE.V1.DecisionService/Check',
  '/vouchsafe.v1.DecisionService/Check/',
  '/vouchsafe.v1.DecisionService//Check',
  '/vouchsafe.v1.DecisionService/Check?x=1',
  '/vouchsafe.v1.DecisionService/Check#x',
  '/vouchsafe.v1.DecisionService/%43heck',
  '/vouchsafe.v1.DecisionService%2fCheck',
  '/./vouchsafe.v1.DecisionService/Check',
  '/x/../vouchsafe.v1.DecisionService/Check',
  '\\vouchsafe.v1.DecisionService\\Check',
  '/vouchsafe.v1.DecisionService/Check;x=1',
  '/__proto__/constructor',
  '/',
  '*',
])('V50 the path %j is UNIMPLEMENTED and reaches no verb', async (path) => {
  await using door = await grpcDoor()
  using raw = await rawSession(door.server.port)
  const authorization = `Bearer ${door.keyOf(['service'])}`
  // Without a leading slash it is not even HTTP/2: the stream is reset before anybody routes it.
  const refusals = [String(status.UNIMPLEMENTED), 'Stream closed with error code NGHTTP2_PROTOCOL_ERROR']
  expect(refusals).toContain(await raw.ask({ ':path': path, authorization }, frame(bytes)))
  expect(door.asked).toEqual([])
  expect((await door.call(check, asked)).allowed).toBe(true)
})

test('V52 compressed messages: good ones are read, bad and swelling ones are refused', async () => {
  await using door = await grpcDoor()
  using raw = await rawSession(door.server.port)
  const authorization = `Bearer ${door.keyOf(['service'])}`
  const ask = (body: Uint8Array, encoding: string) =>
    raw.ask({ ':path': path, authorization, 'grpc-encoding': encoding }, frame(body, 1))
  const good = gzipSync(bytes)
  const bomb = gzipSync(Buffer.alloc(1_000_000))
  expect(bomb.length).toBeLessThan(1100)
  expect(await ask(good, 'gzip')).toBe(String(status.OK))
  expect(await ask(bomb, 'gzip')).toBe(String(status.RESOURCE_EXHAUSTED))
  expect(await ask(gzipSync(Buffer.alloc(100_000_000)), 'gzip')).toBe(String(status.RESOURCE_EXHAUSTED))
  expect(await ask(good.subarray(0, 20), 'gzip')).not.toBe(String(status.OK))
  expect(await ask(randomBytes(100), 'gzip')).not.toBe(String(status.OK))
  expect(await ask(randomBytes(100), 'deflate')).not.toBe(String(status.OK))
  expect(await ask(new Uint8Array(), 'gzip')).not.toBe(String(status.OK))
  expect(await ask(good, 'br')).toBe(String(status.UNIMPLEMENTED))
  expect(await ask(good, '__proto__')).toBe(String(status.UNIMPLEMENTED))
  expect((await door.call(check, asked)).allowed).toBe(true)
})

test('V52 lengths that lie, and frames cut short, never hang or hurt the server', async () => {
  await using door = await grpcDoor()
  const authorization = `Bearer ${door.keyOf(['service'])}`
  for (const body of [
    frame(bytes, 0, bytes.length + 10),
    frame(bytes, 0, bytes.length - 1),
    frame(bytes, 0, 0xffffffff),
    frame(bytes, 7),
    frame(bytes).subarray(0, 3),
    Buffer.alloc(0),
    Buffer.concat([frame(bytes), frame(bytes)]),
  ]) {
    using raw = await rawSession(door.server.port)
    const answer = raw.ask({ ':path': path, authorization }, body)
    await answer
    expect((await door.call(check, asked)).allowed).toBe(true)
  }
})

test('V52 random and mutated messages are refused cleanly', async () => {
  await using door = await grpcDoor()
  using raw = await rawSession(door.server.port)
  const authorization = `Bearer ${door.keyOf(['service'])}`
  const seen = new Set<string>()
  for (let round = 0; round < 400; round++) {
    const mutant = round % 2 === 0 ? randomBytes(1 + (round % 64)) : Buffer.from(bytes)
    if (round % 2 === 1) mutant[round % mutant.length] = round & 0xff
    seen.add(await raw.ask({ ':path': path, authorization }, frame(mutant)))
  }
  const clean = [
    status.OK,
    status.INVALID_ARGUMENT,
    status.UNAUTHENTICATED,
    status.PERMISSION_DENIED,
    status.NOT_FOUND,
  ]
  expect([...seen].filter((code) => !clean.map(String).includes(code))).toEqual([])
})

test('V54 metadata and attribute names of the language do no harm', async () => {
  await using door = await grpcDoor()
  const names = ['__proto__', 'constructor', 'prototype', 'tostring', 'hasownproperty']
  const headers = Object.fromEntries(names.map((name) => [name, 'x']))
  const attributes = JSON.parse('{"__proto__":{"plan":"pro"},"constructor":{"prototype":1},"toString":1}')
  const response = await door.call(check, { ...asked, context: { attributes } }, { headers })
  expect(response.allowed).toBe(true)
  const received = door.asked[0]?.question.context.attributes ?? {}
  expect(Object.keys(received)).toEqual(['__proto__', 'constructor', 'toString'])
  expect(received.plan).toBeUndefined()
})

test.each([32, 33, 101])('V57 attributes nested %i deep', async (depth) => {
  await using door = await grpcDoor()
  let attributes: JsonObject = { a: 1 }
  for (let level = 1; level < depth; level++) attributes = { a: attributes }
  // biome-ignore lint/suspicious/noExplicitAny: plain JSON.
  const call = door.call(check, { ...asked, context: { attributes: attributes as any } })
  if (depth <= 32) expect((await call).allowed).toBe(true)
  else expect(await failureOf(call)).toMatchObject({ code: status.INVALID_ARGUMENT, reason: 'INVALID_FIELD' })
})

test('V57 a Struct nested 5000 deep is refused cleanly', async () => {
  await using door = await grpcDoor()
  const field = (number: number, inner: Buffer) => {
    const length: number[] = []
    for (let rest = inner.length; ; rest >>>= 7) {
      length.push(rest > 127 ? (rest & 127) | 128 : rest)
      if (rest <= 127) break
    }
    return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), inner])
  }
  const struct = (value: Buffer) => field(1, Buffer.concat([field(1, Buffer.from('a')), field(2, value)]))
  let value = field(3, Buffer.from('x'))
  for (let level = 0; level < 5000; level++) value = field(5, struct(value))
  const message = Buffer.concat([bytes, field(4, field(3, struct(value)))])
  expect(await failureOf(door.call(check, message))).toMatchObject({
    code: status.INVALID_ARGUMENT,
    info: { metadata: { rule: 'encoding' } },
  })
})

test('V57 unknown groups nested 100 000 deep are refused cleanly', async () => {
  await using door = await grpcDoor()
  const groups = new Uint8Array(100_000).fill((15 << 3) | 3)
  expect(await failureOf(door.call(check, groups))).toMatchObject({
    code: status.INVALID_ARGUMENT,
    info: { metadata: { rule: 'encoding' } },
  })
})

test.each([
  [256 * 1024 - 1, 'INVALID_FIELD'],
  [256 * 1024, 'INVALID_FIELD'],
  [256 * 1024 + 1, undefined],
])('a message of %i bytes: over 256 KB it is not read at all', async (size, reason) => {
  await using door = await grpcDoor()
  const failure = await failureOf(door.call(check, new Uint8Array(size)))
  expect(failure.reason).toBe(reason)
  expect(failure.code).toBe(reason === undefined ? status.RESOURCE_EXHAUSTED : status.INVALID_ARGUMENT)
})

test.each([
  [14_000, true],
  [17_000, false],
])('%i bytes of metadata pass: %s', async (size, passes) => {
  await using door = await grpcDoor()
  const call = door.call(check, asked, { headers: { 'x-big': 'x'.repeat(size) } })
  if (passes) expect((await call).allowed).toBe(true)
  else {
    expect(await failureOf(call)).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      info: { metadata: { limit: 'metadata', max: '16384' } },
    })
  }
})

test('a call that is not gRPC is refused', async () => {
  await using door = await grpcDoor()
  using raw = await rawSession(door.server.port)
  expect(await raw.ask({ ':path': path, 'content-type': 'text/html' }, bytes)).toBe('http 415')
  expect(await raw.ask({ ':path': path, 'grpc-timeout': 'soon' }, frame(bytes))).not.toBe('0')
  expect((await door.call(check, asked)).allowed).toBe(true)
})

test('F38 a connection has at most 100 streams at a time; others wait and are answered', async () => {
  await using door = await grpcDoor({ awaitFreshness: async () => undefined })
  using raw = await rawSession(door.server.port)
  await door.call(check, asked)
  expect(raw.session.remoteSettings.maxConcurrentStreams).toBe(100)
  const answers = await Promise.all(Array.from({ length: 300 }, () => door.call(check, asked)))
  expect(answers.every(({ allowed }) => allowed)).toBe(true)
})
