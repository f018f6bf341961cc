import { isDeepStrictEqual } from 'node:util'
import { DecisionService } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import type { Calls } from './call.ts'
import type { Decision } from './in-process-job.ts'
import { type BenchQuestion, messageOf } from './questions.ts'

export const opaPath = '/v1/data/vouchsafe/decision/verdict'

/** Throws where the server, its parts in this process and OPA do not give one answer: then nothing could be compared. */
export async function agree(
  questions: readonly BenchQuestion[],
  decisions: readonly Decision[],
  { call }: Calls,
  opaAddress: string | undefined,
): Promise<void> {
  for (const [index, question] of questions.entries()) {
    const decision = decisions[index]
    if (!decision) throw new Error(`No input for ${nameOf(question)}.`)
    const { allowed } = await call(DecisionService.method.check, messageOf(question))
    if (allowed !== decision.verdict.allowed)
      throw new Error(`The server answers ${nameOf(question)} otherwise.`)
    if (opaAddress === undefined) continue
    const said = await askOpa(opaAddress, decision)
    if (!isDeepStrictEqual(said, decision.verdict))
      throw new Error(`OPA answers ${nameOf(question)} otherwise.`)
  }
}

async function askOpa(address: string, { input }: Decision): Promise<unknown> {
  const response = await fetch(`http://${address}${opaPath}`, {
    method: 'POST',
    body: JSON.stringify({ input }),
  })
  return ((await response.json()) as { readonly result?: unknown }).result
}

function nameOf({ person, entitlement, resource }: BenchQuestion): string {
  return `${person} ${entitlement}${resource ? ` ${resource.kind}:${resource.id}` : ''}`
}
