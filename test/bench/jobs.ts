import { create, toBinary } from '@bufbuild/protobuf'
import { CheckRequestSchema } from '#gen/vouchsafe/v1/decision_pb.ts'
import { BatchCheckRequestSchema, CheckStreamRequestSchema } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { opaPath } from './decisions.ts'
import { framed } from './grpc-frame.ts'
import { postOf } from './http-lane.ts'
import type { Decision } from './in-process-job.ts'
import type { LoadJob } from './load-job.ts'
import type { Plan } from './plan.ts'
import type { Started } from './processes.ts'
import { type BenchQuestion, messageOf } from './questions.ts'
import type { World } from './world.ts'

export const batchSize = 20

/** The three doors of ours, each asked the same mix by 32 questions under way; a batch is one of them. */
export function ourJobs(world: World, questions: readonly BenchQuestion[], plan: Plan) {
  const base = { address: world.grpc, key: world.key, serverPid: world.server.pid, ...timesOf(plan) }
  const messages = questions.map(messageOf)
  const unary = messages.map((check) => framed(toBinary(CheckRequestSchema, check)))
  const stream = messages.map((check, i) =>
    framed(
      toBinary(
        CheckStreamRequestSchema,
        create(CheckStreamRequestSchema, { correlationId: BigInt(i + 1), check }),
      ),
    ),
  )
  const batch = messages.map((_, i) => {
    const checks = Array.from(
      { length: batchSize },
      (_, k) => messages[(i * batchSize + k) % messages.length],
    )
    const request = create(BatchCheckRequestSchema, { checks: checks.filter((check) => check !== undefined) })
    return framed(toBinary(BatchCheckRequestSchema, request))
  })
  return {
    unary: {
      ...base,
      door: 'unary',
      questions: texts(unary),
      checksPerQuestion: 1,
      connections: 4,
      depth: 8,
    },
    stream: {
      ...base,
      door: 'stream',
      questions: texts(stream),
      checksPerQuestion: 1,
      connections: 4,
      depth: 8,
    },
    batch: {
      ...base,
      door: 'batch',
      questions: texts(batch),
      checksPerQuestion: batchSize,
      connections: 4,
      depth: 1,
    },
  } as const satisfies Readonly<Record<string, LoadJob>>
}

/** OPA's REST door: the same input documents, 32 connections with one question under way on each. */
export function opaJob(
  { address, pid }: Started & { readonly address: string },
  decisions: readonly Decision[],
  plan: Plan,
): LoadJob {
  return {
    door: 'opa',
    address,
    key: '',
    serverPid: pid,
    questions: texts(decisions.map(({ input }) => postOf(address, opaPath, { input }))),
    checksPerQuestion: 1,
    connections: 32,
    depth: 1,
    ...timesOf(plan),
  }
}

export function timesOf({ warmMs, countMs }: Plan) {
  return { warmMs, countMs }
}

export function texts(buffers: readonly Buffer[]): string[] {
  return buffers.map((buffer) => buffer.toString('base64'))
}
