import { create, toBinary } from '@bufbuild/protobuf'
import { CheckRequestSchema } from '#gen/envoy/service/auth/v3/external_auth_pb.ts'
import { evaluationOf, inputOf } from '#test/doors/conformance/bodies.ts'
import { routeOf } from '#test/doors/conformance/route-of.ts'
import type { Gateway } from './gateway.ts'
import { framed } from './grpc-frame.ts'
import { getOf, postOf } from './http-lane.ts'
import { texts, timesOf } from './jobs.ts'
import type { LoadJob } from './load-job.ts'
import type { Plan } from './plan.ts'
import type { BenchQuestion } from './questions.ts'
import type { World } from './world.ts'

/** The doors of gateways and of other protocols, asked the same mix as Check; over HTTP as OPA's is. */
export function doorJobs(
  world: World,
  gateway: Gateway,
  questions: readonly BenchQuestion[],
  plan: Plan,
): readonly LoadJob[] {
  const base = { serverPid: world.server.pid, checksPerQuestion: 1, ...timesOf(plan) }
  const overHttp = { ...base, address: world.http, key: '', connections: 32, depth: 1 } as const
  const own = { authorization: `Bearer ${gateway.service}` }
  const posts = (path: string, bodyOf: (ask: BenchQuestion) => unknown) =>
    texts(questions.map((ask) => postOf(world.http, path, bodyOf(ask), own)))
  const envoy = texts(questions.map((ask) => framed(envoyBytes(ask))))
  const overGrpc = {
    ...base,
    address: world.grpc,
    key: gateway.key,
    questions: envoy,
    connections: 4,
    depth: 8,
  }
  return [
    // Each after as large a change of the routes as the other.
    { ...overGrpc, door: 'ext_authz-many' },
    { ...overGrpc, door: 'ext_authz' },
    {
      ...overHttp,
      door: 'forward-auth',
      questions: texts(
        questions.map((ask) => getOf(world.http, '/forward-auth/caddy', forwarded(ask, gateway))),
      ),
    },
    { ...overHttp, door: 'authzen', questions: posts('/access/v1/evaluation', evaluationOf) },
    {
      ...overHttp,
      door: 'data',
      questions: posts('/v1/data/vouchsafe/check', (ask) => ({ input: inputOf(ask) })),
    },
  ]
}

/** What a browser sends by itself. */
const browser = {
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  accept: 'application/json',
  'accept-language': 'en-US,en;q=0.5',
  'accept-encoding': 'gzip, deflate, br, zstd',
}

function envoyBytes(ask: BenchQuestion): Uint8Array {
  const { target: path } = routeOf(ask)
  const headers = { ...browser, authorization: `Bearer ${ask.token}`, ':method': 'GET', ':path': path }
  const http = { method: 'GET', host: 'app.example', path, scheme: 'https', protocol: 'HTTP/2', headers }
  return toBinary(CheckRequestSchema, create(CheckRequestSchema, { attributes: { request: { http } } }))
}

function forwarded(ask: BenchQuestion, { key }: Gateway): Readonly<Record<string, string>> {
  return {
    ...browser,
    authorization: `Bearer ${ask.token}`,
    'x-internal-token': key,
    'x-forwarded-method': 'GET',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'app.example',
    'x-forwarded-uri': routeOf(ask).target,
  }
}
