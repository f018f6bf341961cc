import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-node'
import { expect, test } from 'vitest'
import { ErrorInfoSchema } from '#gen/google/rpc/error_details_pb.ts'
import { CheckRequestSchema, CheckResponseSchema } from '#gen/vouchsafe/v1/decision_pb.ts'
import { DecisionService } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { alice, token } from '#test/rpc/needs.ts'
import { httpDoor } from './door.ts'

const { check, batchCheck } = DecisionService.method
const asked = { subject: { principal: { id: `sub_${alice}` } }, entitlement: 'limit_seats' }

test('a question in JSON is answered in JSON', async () => {
  await using door = await httpDoor()
  const reply = await door.post(check, asked)
  expect(reply.status).toBe(200)
  expect(reply.headers.get('content-type')).toMatch(/^application\/json/)
  expect(await reply.json()).toMatchObject({ allowed: true, value: 25, tier: 'pro', snapshotAge: '1.234s' })
  expect(door.requests).toEqual(['http Check OK'])
})

test('C-3 a denial is 200', async () => {
  await using door = await httpDoor()
  const reply = await door.post(check, { ...asked, entitlement: 'denied_x' })
  expect(reply.status).toBe(200)
  expect(await reply.json()).toMatchObject({ denyAs: 403, reasons: [{ code: 'NOT_ENTITLED' }] })
})

test('a question in binary is answered in binary', async () => {
  await using door = await httpDoor()
  const subject = { subject: { case: 'principal', value: { id: `sub_${alice}` } } } as const
  const body = toBinary(CheckRequestSchema, create(CheckRequestSchema, { subject, entitlement: 'docs_paid' }))
  const reply = await door.post(check, body, { 'content-type': 'application/proto' })
  expect(fromBinary(CheckResponseSchema, new Uint8Array(await reply.arrayBuffer()))).toMatchObject({
    allowed: true,
  })
})

test.each([true, false])('a Connect client (binary: %s) gets answers and typed failures', async (binary) => {
  await using door = await httpDoor()
  const transport = createConnectTransport({
    baseUrl: door.base,
    httpVersion: '1.1',
    useBinaryFormat: binary,
    interceptors: [
      (next) => (request) => {
        request.header.set('x-internal-token', door.key)
        return next(request)
      },
    ],
  })
  const client = createClient(DecisionService, transport)
  const subject = { subject: { case: 'accessToken', value: await token() } } as const
  expect(await client.check({ subject, entitlement: 'docs_paid' })).toMatchObject({ allowed: true })
  const failure = ConnectError.from(await client.check({ entitlement: 'docs_paid' }).catch((error) => error))
  expect(failure.code).toBe(Code.InvalidArgument)
  expect(failure.findDetails(ErrorInfoSchema)[0]).toMatchObject({
    reason: 'INVALID_FIELD',
    domain: 'vouchsafe.v1',
    metadata: { field: 'subject', rule: 'required' },
  })
})

test('no credential is 401, and the body is not even looked at', async () => {
  await using door = await httpDoor()
  const reply = await door.post(check, 'junk', { authorization: '' })
  expect(reply.status).toBe(401)
  expect(await reply.json()).toMatchObject({ code: 'unauthenticated' })
})

test('S000-4 two identities in one subject are refused', async () => {
  await using door = await httpDoor()
  const both = { accessToken: await token(), principal: { id: `sub_${alice}` } }
  const reply = await door.post(check, { ...asked, subject: both })
  expect(reply.status).toBe(400)
  expect(door.asked).toEqual([])
})

test.each([
  ['junk', '{'],
  ['an array', '[]'],
  ['nothing', ''],
  ['invalid UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
])('%s for a body is 400', async (_case, body) => {
  await using door = await httpDoor()
  const reply = await door.post(check, body)
  expect(reply.status).toBe(400)
  expect(await reply.json()).toMatchObject({ code: 'invalid_argument' })
})

test('an unforeseen error is 500 with an id, and says nothing more', async () => {
  await using door = await httpDoor()
  const reply = await door.post(check, { ...asked, entitlement: 'boom' })
  expect(reply.status).toBe(500)
  const text = await reply.text()
  expect(text).toContain('error_id')
  expect(text).not.toMatch(/secret|postgres/)
})

test.each([31, 32, 33, 100_000])('V55 V57 attributes nested %i deep', async (depth) => {
  await using door = await httpDoor()
  const attributes = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
  const body = JSON.stringify({ ...asked, context: {} }).replace(
    '"context":{}',
    `"context":{"attributes":${attributes}}`,
  )
  const reply = await door.post(check, body.length > 256 * 1024 ? body.slice(0, 256 * 1024) : body)
  expect(reply.status).toBe(depth <= 32 ? 200 : 400)
})

test('V54 keys that are names of the language do no harm', async () => {
  await using door = await httpDoor()
  const body = JSON.stringify(asked).replace(
    '{',
    '{"__proto__":{"entitlement":"x"},"constructor":1,"context":{"attributes":{"__proto__":{"plan":"pro"},"toString":1,"hasOwnProperty":2}},',
  )
  const reply = await door.post(check, body, { __proto__x: '1', constructor: '1' })
  expect(reply.status).toBe(200)
  const attributes = door.asked[0]?.question.context.attributes
  expect(attributes?.plan).toBeUndefined()
  expect(Object.keys(attributes ?? {})).toEqual(['__proto__', 'toString', 'hasOwnProperty'])
  expect(Object.prototype).not.toHaveProperty('plan')
})

test('a body over 256 KB is 413, one under it is read', async () => {
  await using door = await httpDoor()
  const padded = (size: number) => {
    const body = JSON.stringify({ ...asked, unknown: '' })
    return body.replace('"unknown":""', `"unknown":"${'x'.repeat(size - body.length)}"`)
  }
  expect((await door.post(check, padded(256 * 1024))).status).toBe(200)
  const reply = await door.post(check, padded(256 * 1024 + 1))
  expect(reply.status).toBe(413)
  expect(await reply.json()).toMatchObject({ code: 'resource_exhausted' })
})

test('compressed bodies and other media types are refused', async () => {
  await using door = await httpDoor()
  expect((await door.post(check, asked, { 'content-encoding': 'gzip' })).status).toBe(400)
  expect((await door.post(check, asked, { 'content-type': 'text/plain' })).status).toBe(400)
})

test('V18 a batch of 100 is answered and one of 101 is refused whole', async () => {
  await using door = await httpDoor()
  const checks = (count: number) => ({ checks: Array.from({ length: count }, () => asked) })
  const answered = (await (await door.post(batchCheck, checks(100))).json()) as { results: unknown[] }
  expect(answered.results).toHaveLength(100)
  expect((await door.post(batchCheck, checks(101))).status).toBe(400)
  expect(door.asked).toHaveLength(100)
})

test.each([
  '//vouchsafe.v1.DecisionService/Check',
  '/vouchsafe.v1.DecisionService/Check/',
  '/vouchsafe.v1.DecisionService/check',
  '/vouchsafe.v1.DecisionService//Check',
  '/./vouchsafe.v1.DecisionService/%2e%2e/Check',
  '/vouchsafe.v1.DecisionService%2fCheck',
  '/vouchsafe.v1.DecisionService/Check;x=1',
  '/vouchsafe.v1.DecisionService/CheckStream',
  '/%c0%ae',
])('V51 POST %s leads nowhere', async (path) => {
  await using door = await httpDoor()
  const reply = await fetch(door.base + path, {
    method: 'POST',
    body: JSON.stringify(asked),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${door.key}` },
  })
  expect([400, 404]).toContain(reply.status)
  expect(door.asked).toEqual([])
})
