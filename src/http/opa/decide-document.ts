import type { FastifyRequest } from 'fastify'
import type { Json } from '#core/json.ts'
import { DecisionService } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { incomingRequest } from '#http/incoming-request.ts'
import { namedTenant } from '#http/rest.ts'
import type { IncomingCall } from '#rpc/call.ts'
import { invalidField } from '#rpc/invalid-field.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Pipeline } from '#rpc/pipeline.ts'
import type { Rpc } from '#rpc/rpc.ts'
import type { AskGate } from './ask-gate.ts'
import { checkInput } from './check-input.ts'
import { checkResult, explanationOf } from './check-result.ts'
import { type DataPath, stepInto } from './data-path.ts'
import type { Decided } from './decided.ts'
import { gatewayInput } from './gateway-input.ts'
import { gatewayResult } from './gateway-result.ts'
import type { OpaOptions } from './opa-options.ts'
import type { ReadInput } from './read-input.ts'

export type DocumentNeeds = Pick<RpcNeeds, 'authenticate' | 'now'> & {
  readonly pipeline: Pipeline
  readonly askGate: AskGate
  readonly upgradeUrl?: string | undefined
}

export type DecideDocument = (
  request: FastifyRequest,
  path: DataPath | undefined,
  input: ReadInput,
  options: OpaOptions,
) => Promise<Decided>

/** Evaluates the documents. The caller is known before anything of the input is read. */
export function createDocuments(needs: DocumentNeeds, rpcs: readonly Rpc[]): DecideDocument {
  const check = rpcs.find(({ method }) => method === DecisionService.method.check)

  async function checked(call: IncomingCall, read: ReadInput, options: OpaOptions): Promise<Decided> {
    if (check?.kind !== 'unary') throw new Error('There is no Check.')
    let missing = false
    const message = () => {
      const input = read()
      missing = input === undefined
      if (input === undefined) throw invalidField('input', 'required')
      return checkInput(input, options.explain)
    }
    try {
      const answer = (await needs.pipeline.unary(check, message, call)) as Parameters<typeof checkResult>[0]
      return {
        result: checkResult(answer),
        decision_id: answer.decisionId,
        bundle: answer.bundleRevision,
        ...(options.explain && { explanation: explanationOf(answer, options.pretty) }),
      }
    } catch (error) {
      // Rules over no input are undefined, as any others.
      if (missing) return { inputMissing: true }
      throw error
    }
  }

  async function gated(request: FastifyRequest, call: IncomingCall, read: ReadInput): Promise<Decided> {
    const reply = await needs.askGate(request, call, () => gatewayInput(readable(read), namedTenant(request)))
    return {
      result: gatewayResult(reply, needs.upgradeUrl),
      decision_id: reply.decision_id,
      ...(reply.answer && { bundle: reply.answer.bundle_revision }),
    }
  }

  return async (request, path, read, options) => {
    const call = { ...incomingRequest(request, needs.now()), door: 'opa' }
    if (path === undefined) {
      await needs.authenticate(call.credentials())
      return read() === undefined ? { inputMissing: true } : {}
    }
    const decided =
      path.document === 'vouchsafe/check'
        ? await checked(call, read, options)
        : await gated(request, call, read)
    const { result, ...rest } = decided
    const asked = stepInto(result, path.rest)
    return asked === undefined ? rest : { ...rest, result: asked }
  }
}

/** A gateway that sends what cannot be read has its client turned away: an error would be no answer to it. */
function readable(read: ReadInput): Json | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
