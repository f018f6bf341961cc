import { create } from '@bufbuild/protobuf'
import type { Answer, ShownReason } from '#decide/verbs.ts'
import {
  type CheckResponse,
  CheckResponseSchema,
  EvidenceSchema,
  FixSchema,
  ObligationSchema,
  type Reason,
  ReasonSchema,
} from '#gen/vouchsafe/v1/decision_pb.ts'
import { durationOf, structOf, timestampOf, wireValueOf } from './wire-values.ts'

export function checkResponseOf(answer: Answer): CheckResponse {
  return create(CheckResponseSchema, {
    allowed: answer.allowed,
    reasons: answer.reasons.map(reasonOf),
    ...(answer.value !== undefined && { value: wireValueOf(answer.value) }),
    tier: answer.tier ?? '',
    ...(answer.expires_at !== undefined && { expiresAt: timestampOf(answer.expires_at) }),
    denyAs: answer.deny_as,
    fix: answer.fix.map((fix) =>
      create(FixSchema, { action: fix.action, params: structOf(fix.params), text: fix.text ?? '' }),
    ),
    obligations: answer.obligations.map(({ id, params }) =>
      create(ObligationSchema, { id, params: structOf(params) }),
    ),
    dataRevision: answer.data_revision,
    bundleRevision: answer.bundle_revision,
    snapshotAge: durationOf(answer.snapshot_age_ms),
    stale: answer.stale,
    fallback: answer.fallback ?? '',
    decisionId: answer.decision_id,
    subjectId: answer.subject_id ?? '',
    evidence: (answer.evidence ?? []).map((evidence) =>
      create(EvidenceSchema, { ...evidence, params: structOf(evidence.params) }),
    ),
  })
}

export function reasonOf({ code, params, text }: ShownReason): Reason {
  return create(ReasonSchema, { code, params: structOf(params), text: text ?? '' })
}
