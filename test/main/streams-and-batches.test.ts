import { once } from 'node:events'
import { afterEach, expect, test, vi } from 'vitest'
import { DecisionService } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { WatchService } from '#gen/vouchsafe/v1/watch_service_pb.ts'
import { startGrpcServer } from '#grpc/start-grpc-server.ts'
import { startHttpServer } from '#http/start-http-server.ts'
import { openStack } from '#test/fixtures/stack.ts'
import {
  emptyCatalogue,
  entitlement,
  gives,
  grant,
  tenantId,
  viewOf,
  type World,
} from '#test/fixtures/view.ts'
import { grpcClient } from '#test/grpc/grpc-client.ts'
import { issuer, makeKey, sign } from '#test/identity/fixtures.ts'

const alice = '01990000-0000-7000-8000-0000000000a1'
const loopback = { host: '127.0.0.1', port: 0 }
const { batchCheck, check, checkStream, explain } = DecisionService.method
const signing = makeKey('k1', 'EdDSA')
const row = issuer({ tenant: tenantId, jwks: { keys: [signing.jwk] }, claim_map: { roles: ['roles'] } })
const catalogue = {
  ...emptyCatalogue(),
  issuers: [row],
  entitlements: new Map([['docs', entitlement('docs')]]),
  givers: new Map([['docs', new Map([['e-docs', gives('entitlement')]])]]),
}
const named = { subject: { case: 'principal', value: { id: `sub_${alice}` } } } as const
const world = (changes: World = {}) =>
  viewOf({ catalogue, identities: { [`${row.iss}|alice`]: alice }, ...changes })

async function open(view = world()) {
  const stack = await openStack([view])
  const key = stack.keyOf(['service'])
  const server = await startGrpcServer(stack.needs, loopback)
  const client = grpcClient(server.port, key.text)
  return {
    stack,
    key,
    server,
    client,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]()
      server.close()
      await stack[Symbol.asyncDispose]()
    },
  }
}

afterEach(() => void vi.useRealTimers())

function token(): Promise<string> {
  const seconds = Math.floor(Date.now() / 1000)
  return sign(signing, {
    iss: row.iss,
    aud: 'api',
    sub: 'alice',
    iat: seconds - 10,
    exp: seconds + 300,
    roles: ['admin'],
  })
}

test('V36 a batch that waited for the data believes no token that this data revokes', async () => {
  await using door = await open()
  const subject = { subject: { case: 'accessToken', value: await token() } } as const
  expect((await door.client.call(check, { subject, entitlement: 'docs' })).allowed).toBe(true)
  door.stack.state.refresh = async () => {
    await new Promise((resolve) => setImmediate(resolve))
    door.stack.views.set(
      tenantId,
      world({ revision: 2, subjects: { [alice]: { tokens_not_before: Date.now() } } }),
    )
  }
  const { results } = await door.client.call(batchCheck, {
    checks: [
      { subject, entitlement: 'docs' },
      { subject: named, entitlement: 'docs', consistency: { demand: { case: 'fresh', value: true } } },
    ],
  })
  const [first, second] = results.map(({ result }) => (result.case === 'response' ? result.value : undefined))
  expect(first?.dataRevision).toBe(second?.dataRevision)
  expect(first?.allowed).toBe(false)
})

test('V36 a caller whose key is disabled is soon believed on no open stream', async () => {
  await using door = await open()
  const asked = { correlationId: 1n, check: { subject: named, entitlement: 'docs' } }
  const questions = door.client.stream(checkStream)
  const changes = door.client.watch(WatchService.method.watch, {})
  const failures = [questions, changes].map(async (call) => (await once(call, 'error'))[0].code)
  vi.useFakeTimers({ toFake: ['performance'] })
  questions.write(asked)
  await Promise.all([once(questions, 'data'), once(changes, 'data')])
  door.stack.disable(door.key.id)
  vi.advanceTimersByTime(1000)
  questions.write(asked)
  expect(await Promise.all(failures)).toEqual([16, 16])
})

test('V16 a gateway, whose answers strangers read, gets neither evidence nor input nor parameters', async () => {
  const held = grant({ target: 'e-docs', source: 'stripe', source_ref: 'si_secret' })
  await using door = await open(world({ grants: { [alice]: [held] } }))
  using gateway = grpcClient(door.server.port, door.stack.keyOf(['gateway']).text)
  const question = { check: { subject: named, entitlement: 'docs', explain: true } }
  for (const said of [await gateway.call(explain, question), await gateway.call(check, question.check)])
    expect(JSON.stringify(said, (_, value) => (typeof value === 'bigint' ? 0 : value))).not.toMatch(
      /si_secret|stripe/,
    )
  const { response } = await door.client.call(explain, question)
  expect(response?.evidence.length).toBeGreaterThan(0)
})

test('S003-30 a grant that ends beyond what JSON can say is answered, not failed', async () => {
  await using door = await open(
    world({ grants: { [alice]: [grant({ target: 'e-docs', ends_at: 8.64e15 })] } }),
  )
  const http = await startHttpServer(door.stack.needs, loopback)
  try {
    const response = await fetch(`http://127.0.0.1:${http.port}/${check.parent.typeName}/Check`, {
      method: 'POST',
      headers: { authorization: `Bearer ${door.key.text}`, 'content-type': 'application/json' },
      body: JSON.stringify({ subject: { principal: { id: `sub_${alice}` } }, entitlement: 'docs' }),
    })
    expect(await response.json()).toMatchObject({ allowed: true, expiresAt: '9999-12-31T23:59:59.999Z' })
  } finally {
    await http.close()
  }
})
