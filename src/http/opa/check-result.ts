import { toJson } from '@bufbuild/protobuf'
import type { Json, JsonObject } from '#core/json.ts'
import { type CheckResponse, CheckResponseSchema } from '#gen/vouchsafe/v1/decision_pb.ts'

/** The answer as the document `vouchsafe/check`: that of Check by its field names, with `allow` always there. */
export function checkResult(answer: CheckResponse): JsonObject {
  const {
    allowed: _,
    evidence: __,
    ...said
  } = toJson(CheckResponseSchema, answer, {
    useProtoFieldName: true,
  }) as JsonObject
  return { allow: answer.allowed, ...said }
}

/** Why, a rule a step: objects, or lines to read. */
export function explanationOf(answer: CheckResponse, pretty: boolean): readonly Json[] {
  const { evidence = [] } = toJson(CheckResponseSchema, answer, { useProtoFieldName: true }) as {
    readonly evidence?: readonly JsonObject[]
  }
  if (!pretty) return evidence
  return answer.evidence.map(
    ({ rule, kind, holds, code }) => `${rule} (${kind}) ${holds ? 'holds' : 'fails'}: ${code}`,
  )
}
