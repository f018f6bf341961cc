import { fromBinary } from '@bufbuild/protobuf'
import { CheckResponseSchema as EnvoyResponseSchema } from '#gen/envoy/service/auth/v3/external_auth_pb.ts'
import { CheckResponseSchema } from '#gen/vouchsafe/v1/decision_pb.ts'
import { BatchCheckResponseSchema, CheckStreamResponseSchema } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { openStreamLane, openUnaryLane } from './grpc-lanes.ts'
import { openHttpLane } from './http-lane.ts'
import type { Lane } from './lane.ts'
import type { LoadJob } from './load-job.ts'

type Door = {
  readonly open: (job: LoadJob) => Promise<Lane>
  /** Whether it is an answer and not an error in the shape of one. Too dear to ask of each. */
  readonly holds: (answer: Buffer) => boolean
}

const service = '/vouchsafe.v1.DecisionService'

const envoy: Door = {
  open: (job) => openUnaryLane({ ...job, path: '/envoy.service.auth.v3.Authorization/Check' }, job.depth),
  holds: (answer) => isDecision(fromBinary(EnvoyResponseSchema, answer).dynamicMetadata?.code),
}

/** Whether the code of an answer is one of the rules, not of a request that could not be asked. */
function isDecision(code: unknown): boolean {
  return typeof code === 'string' && !/_REFUSED$|^ROUTE_|^TOKEN_|^CALLER_|^TENANT_|^NOT_READY$/.test(code)
}

const doors: Readonly<Record<LoadJob['door'], Door>> = {
  opa: {
    open: ({ address }) => openHttpLane(address),
    holds: (answer) => JSON.parse(answer.toString()).result?.question_id !== undefined,
  },
  unary: {
    open: (job) => openUnaryLane({ ...job, path: `${service}/Check` }, job.depth),
    holds: (answer) => fromBinary(CheckResponseSchema, answer).decisionId !== '',
  },
  stream: {
    open: (job) => openStreamLane({ ...job, path: `${service}/CheckStream` }, job.depth),
    holds: (answer) => fromBinary(CheckStreamResponseSchema, answer).result.case === 'response',
  },
  ext_authz: envoy,
  'ext_authz-many': envoy,
  'forward-auth': {
    open: ({ address }) => openHttpLane(address, [200, 402, 403, 404, 429]),
    holds(answer) {
      const { code, error } =
        answer.length === 0 ? { code: 'ALLOWED', error: '' } : JSON.parse(answer.toString())
      return error === 'Not found.' || isDecision(code)
    },
  },
  authzen: {
    open: ({ address }) => openHttpLane(address),
    holds: (answer) => JSON.parse(answer.toString()).context?.decision_id !== undefined,
  },
  data: {
    open: ({ address }) => openHttpLane(address),
    holds: (answer) => JSON.parse(answer.toString()).result?.decision_id !== undefined,
  },
  batch: {
    open: (job) => openUnaryLane({ ...job, path: `${service}/BatchCheck` }, job.depth),
    holds(answer) {
      const { results } = fromBinary(BatchCheckResponseSchema, answer)
      return results.length > 0 && results.every(({ result }) => result.case === 'response')
    },
  },
}

export function openLanes(job: LoadJob): Promise<Lane[]> {
  return Promise.all(Array.from({ length: job.connections }, () => doors[job.door].open(job)))
}

export function holds(job: LoadJob, answer: Buffer): boolean {
  return doors[job.door].holds(answer)
}
