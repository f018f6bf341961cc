import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { Question } from '#decide/verbs.ts'
import {
  type CheckRequest,
  CheckRequestSchema,
  type CheckResponse,
  PrincipalSchema,
} from '#gen/vouchsafe/v1/decision_pb.ts'
import {
  type BatchCheckRequest,
  BatchCheckRequestSchema,
  type BatchCheckResponse,
  CheckStreamRequestSchema,
  type CheckStreamResponse,
} from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { batchCheckRpc } from '#rpc/batch-check.ts'
import { checkRpc } from '#rpc/check.ts'
import { checkErrorOf } from '#rpc/check-error.ts'
import { validateCheckRequest } from '#rpc/check-rules.ts'
import { checkStreamRpc } from '#rpc/check-stream.ts'
import { structOf } from '#rpc/wire-values.ts'
import { anyQuestion, anySmall } from '#test/decide/any-world.ts'
import { service } from '#test/decide/asking.ts'
import { openStack } from '#test/fixtures/stack.ts'
import { tenantId, viewOf } from '#test/fixtures/view.ts'

// Many questions: on a busy machine they take their time.
vi.setConfig({ testTimeout: 60_000 })

const iss = 'https://idp.example'
const ctx = {
  caller: { ...service, tenant: tenantId },
  deadline: Number.POSITIVE_INFINITY,
  door: 'grpc',
  verb: 'Check',
  signal: () => new AbortController().signal,
}

function requestOf({ entitlement, resource, context, quantity }: Question, subject: string): CheckRequest {
  return create(CheckRequestSchema, {
    subject: { subject: { case: 'principal', value: create(PrincipalSchema, { issuer: iss, subject }) } },
    entitlement,
    ...(resource && { resource }),
    context: {
      organization: context.organization ?? '',
      module: context.module ?? '',
      attributes: structOf(context.attributes),
    },
    quantity: BigInt(quantity),
  })
}

test('V10 a batch and a stream answer as its questions do one by one, in order, also the bad ones', async () => {
  await using stack = await openStack([])
  const [check, batch, stream] = [
    checkRpc(stack.needs),
    batchCheckRpc(stack.needs),
    checkStreamRpc(stack.needs),
  ]
  // A name without a row, one with a row, and one that is none.
  const subjects = fc.constantFrom('alice', 'alice', 'stranger', '\u0000')
  const asked = fc.array(fc.tuple(anyQuestion, subjects), { minLength: 1, maxLength: 20 })

  function alone(request: CheckRequest) {
    try {
      validateCheckRequest(request)
      return plain(check.handle(request, ctx) as CheckResponse)
    } catch (error) {
      return checkErrorOf(stack.needs, error)
    }
  }

  fc.assert(
    fc.property(anySmall(['allow', 'allow', 'deny', 'override']), asked, ({ world }, questions) => {
      stack.views.set(tenantId, viewOf({ ...world, identities: { [`${iss}|alice`]: 'alice' } }))
      const checks = questions.map(([question, subject]) => requestOf(question, subject))
      const expected = checks.map(alone)
      const message: BatchCheckRequest = create(BatchCheckRequestSchema, { checks })
      const { results } = batch.handle(message, ctx) as BatchCheckResponse
      expect(
        results.map(({ result }) => (result.case === 'response' ? plain(result.value) : result.value)),
      ).toEqual(expected)
      const streamed = checks.map((each, i) => {
        const question = create(CheckStreamRequestSchema, { correlationId: BigInt(i), check: each })
        const { correlationId, result } = stream.handle(question, ctx) as CheckStreamResponse
        expect(correlationId).toBe(BigInt(i))
        return result.case === 'response' ? plain(result.value) : result.value
      })
      expect(streamed).toEqual(expected)
    }),
    { numRuns: 200 },
  )
})

/** Without what names the one decision, and without windows: the clock goes on between the questions. */
function plain({ decisionId: _, ...answer }: CheckResponse) {
  return answer
}
