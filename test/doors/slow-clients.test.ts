import { type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { create, toBinary } from '@bufbuild/protobuf'
import { status } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { createPageTokens } from '#admin/page-tokens.ts'
import { networks } from '#config/networks.ts'
import { CheckRequestSchema } from '#gen/vouchsafe/v1/decision_pb.ts'
import { patience as grpcPatience } from '#grpc/patience.ts'
import { startGrpcServer } from '#grpc/start-grpc-server.ts'
import { patience as httpPatience } from '#http/patience.ts'
import { startHttpServer } from '#http/start-http-server.ts'
import { startOpsServer } from '#http/start-ops-server.ts'
import { createSearchPages } from '#rpc/search-pages.ts'
import { openStack } from '#test/fixtures/stack.ts'
import { viewOf } from '#test/fixtures/view.ts'
import { frame, rawSession } from '#test/grpc/raw.ts'

const here = { host: '127.0.0.1', port: 0 }
const check = '/vouchsafe.v1.DecisionService/Check'
const subject = { case: 'principal', value: { issuer: 'https://a.example', subject: 'alice' } } as const
const asked = toBinary(
  CheckRequestSchema,
  create(CheckRequestSchema, { subject: { subject }, entitlement: 'docs' }),
)

/** Writes `start`, then a byte whenever it may, for ever; gives what came back when the server has ended it. */
function drip(port: number, start: string | Uint8Array, more: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    let timer: NodeJS.Timeout | undefined
    const socket: Socket = connect(port, '127.0.0.1', () => {
      socket.write(start)
      if (more !== '') timer = setInterval(() => socket.writable && socket.write(more), 5)
    })
    socket.setEncoding('latin1')
    socket.on('data', (data) => {
      answer += data
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearInterval(timer)
      resolve(answer)
    })
  })
}

async function httpPlace() {
  const stack = await openStack([viewOf({})])
  const nobody = () => Promise.reject(new Error('Nobody comes this far.'))
  const pages = createSearchPages({ tokens: createPageTokens('s'), newId: () => 'id', now: Date.now })
  const needs = {
    ...stack.needs,
    authzen: { which: nobody, whoMay: nobody, people: () => undefined, pages },
    webhook: nobody,
    trustedProxies: networks('127.0.0.1'),
  }
  const options = { ...here, patience: { headersMs: 400, requestMs: 600, checkMs: 20 } }
  const http = await startHttpServer(needs, options)
  const metrics = { contentType: 'text/plain', text: async () => '' }
  const ops = await startOpsServer({ ...needs, metrics }, options)
  onTestFinished(async () => {
    await http.close()
    await ops.close()
    await stack[Symbol.asyncDispose]()
  })
  const key = stack.keyOf(['service']).text
  return {
    ...{ http: http.port, ops: ops.port, key },
    log: stack.needs.log,
    /** The status of a question that is put at once. */
    served: async () => {
      const reply = await fetch(`http://127.0.0.1:${http.port}${check}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ subject: { principal: subject.value }, entitlement: 'docs' }),
      })
      return reply.status
    },
  }
}

const httpDoors = [
  ['Connect JSON', 'POST', check],
  ['REST access', 'POST', '/v1/access'],
  ['REST administration', 'PUT', '/v1/admin/applications/runner/restricted'],
  ['AuthZEN evaluation', 'POST', '/access/v1/evaluation'],
  ['AuthZEN evaluations', 'POST', '/access/v1/evaluations'],
  ['AuthZEN search', 'POST', '/access/v1/search/resource'],
  ['OPA data', 'POST', '/v1/data/vouchsafe/check'],
  ['OPA gateway', 'POST', '/v1/data/vouchsafe/gateway'],
  ['OPA v0', 'POST', '/v0/data/vouchsafe/check'],
  ['Stripe webhook', 'POST', '/v1/webhooks/stripe'],
] as const

const headersOf = (method: string, path: string, key: string) =>
  `${method} ${path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\n`

test.for([
  ['headers that', 'x-slow: ', 'a'],
  ['bytes of a body that', 'content-length: 100000\r\n\r\n{', ' '],
  ['chunks of a body that', 'transfer-encoding: chunked\r\n\r\n', '1\r\n \r\n'],
] as const)(
  'F37 M-8 %s drip are ended with 408 at every HTTP door, and others are served meanwhile',
  async ([, start, more]) => {
    const place = await httpPlace()
    const slow = httpDoors.map(async ([door, method, path]) => {
      const answer = await drip(place.http, headersOf(method, path, place.key) + start, more)
      return [door, answer] as const
    })
    expect(await place.served()).toBe(200)
    for (const [door, answer] of await Promise.all(slow)) {
      expect([door, answer.split('\r\n')[0]]).toEqual([door, 'HTTP/1.1 408 Request Timeout'])
      expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ code: 'deadline_exceeded' })
      expect(answer).toMatch(/^connection: close\r$/m)
    }
    expect(await place.served()).toBe(200)
    // Neither a failure of ours nor anything that was sent.
    expect(place.log.lines.filter((line) => /unforeseen|error|vch_/i.test(line))).toEqual([])
  },
)

test('F37 headers that drip are ended where proxies ask and where metrics are, and a body there is not waited for', async () => {
  const place = await httpPlace()
  const paths = ['nginx', 'caddy', 'traefik', 'haproxy', 'envoy/a'].map((name) => `/forward-auth/${name}`)
  const slow = [
    ...paths.map((path) => drip(place.http, `${headersOf('GET', path, place.key)}x: `, 'a')),
    drip(place.ops, 'GET /metrics HTTP/1.1\r\nhost: a\r\nx: ', 'a'),
    drip(place.ops, 'GET /health/ready HTTP/1.1\r\nhost: a\r\nx: ', 'a'),
  ]
  expect(await place.served()).toBe(200)
  for (const answer of await Promise.all(slow)) expect(answer).toMatch(/^HTTP\/1\.1 408 /)
  const bodies = paths.map((path) => {
    const head = `${headersOf('POST', path, place.key)}content-length: 100000\r\nconnection: close\r\n\r\n`
    return drip(place.http, head, ' ')
  })
  for (const answer of await Promise.all(bodies)) expect(answer).toMatch(/^HTTP\/1\.1 40[013] /)
  expect(await place.served()).toBe(200)
})

async function grpcPlace() {
  const stack = await openStack([viewOf({})])
  const patience = { firstMessageMs: 200, silentMs: 100, aliveMs: 2000 }
  const server = await startGrpcServer(stack.needs, { ...here, patience })
  onTestFinished(async () => {
    server.close()
    await stack[Symbol.asyncDispose]()
  })
  const authorization = `Bearer ${stack.keyOf(['service']).text}`
  return {
    port: server.port,
    authorization,
    served: async () => {
      using other = await rawSession(server.port)
      return await other.ask({ ':path': check, authorization }, frame(asked))
    },
  }
}

test.each([
  check,
  '/vouchsafe.v1.DecisionService/BatchCheck',
  '/vouchsafe.v1.DecisionService/CheckStream',
  '/vouchsafe.v1.WatchService/Watch',
  '/vouchsafe.admin.v1.ProductService/CreateProduct',
  '/envoy.service.auth.v3.Authorization/Check',
  '/grpc.health.v1.Health/Check',
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
])(
  'F37 a message of %s that drips is ended with DEADLINE_EXCEEDED, and the connection stays',
  async (path) => {
    const drips = (call: ClientHttp2Stream) => {
      call.write(frame(new Uint8Array([10]), 0, 100_000))
      const timer = setInterval(() => call.writable && call.write(' '), 5)
      call.on('close', () => clearInterval(timer))
    }
    expect(await endOf(path, drips)).toBe(String(status.DEADLINE_EXCEEDED))
  },
)

test.each([
  check,
  '/vouchsafe.v1.DecisionService/BatchCheck',
  '/vouchsafe.v1.WatchService/Watch',
  '/envoy.service.auth.v3.Authorization/Check',
  '/grpc.health.v1.Health/Check',
])('F37 a question of %s that is whole but never ends is not held for ever', async (path) => {
  const whole = (call: ClientHttp2Stream) => void call.write(frame(asked))
  expect(await endOf(path, whole)).toBe(String(status.DEADLINE_EXCEEDED))
})

/** The status by which a call ends that says what `speak` says; others are served meanwhile, and the connection stays. */
async function endOf(path: string, speak: (call: ClientHttp2Stream) => void): Promise<unknown> {
  const { port, authorization, served } = await grpcPlace()
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  onTestFinished(() => session.destroy())
  const call = session.request({
    ...{ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' },
    authorization,
  })
  const ended = new Promise<unknown>((resolve) => {
    const note = (headers: Record<string, unknown>) => {
      if (headers['grpc-status'] !== undefined) resolve(headers['grpc-status'])
    }
    call.on('response', note)
    call.on('trailers', note)
    call.on('close', () => resolve('no status'))
    call.on('error', (error) => resolve(error.message))
  })
  speak(call)
  call.resume()
  expect(await served()).toBe('0')
  const end = await ended
  expect(session.destroyed).toBe(false)
  expect(await served()).toBe('0')
  return end
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])
/** Headers of 16,000 bytes that do not end with them (no END_HEADERS). */
const headers = Buffer.from([0, 0x3e, 0x80, 1, 0, 0, 0, 0, 1])

test('F37 a connection of gRPC that says nothing, or never ends its headers, is closed, and others are served meanwhile', async () => {
  const { port, served } = await grpcPlace()
  const closed = [
    drip(port, '', ''),
    drip(port, preface.subarray(0, 10), ''),
    drip(port, Buffer.concat([preface, settings, headers]), ''),
    drip(port, Buffer.concat([preface, settings, headers]), '\0'),
  ]
  expect(await served()).toBe('0')
  await Promise.all(closed)
  expect(await served()).toBe('0')
})

test('F37 as shipped, nobody slow is waited for longer than 30 s', () => {
  expect(httpPatience.headersMs).toBeLessThanOrEqual(httpPatience.requestMs)
  expect(httpPatience.requestMs + httpPatience.checkMs).toBeLessThanOrEqual(30_000)
  expect(grpcPatience.firstMessageMs).toBeLessThanOrEqual(30_000)
  expect(grpcPatience.silentMs + grpcPatience.aliveMs).toBeLessThanOrEqual(30_000)
})
