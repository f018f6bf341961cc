import { create } from '@bufbuild/protobuf'
import { AppError } from '#core/errors.ts'
import { encodeRevision } from '#core/revision.ts'
import {
  AuditService,
  DenialSchema,
  ListDenialsResponseSchema,
} from '#gen/vouchsafe/admin/v1/audit_service_pb.ts'
import type { DeniedLine } from '#rpc/denials.ts'
import { invalidField } from '#rpc/invalid-field.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { grantReaders } from '#rpc/roles.ts'
import { unary } from '#rpc/rpc.ts'
import { millisecondsOf, timestampOf } from '#rpc/wire-values.ts'

const defaultSize = 50
const largestSize = 1000
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** What was denied stands in the journal of the server that denied it, not in the database. */
export function listDenialsRpc(needs: RpcNeeds) {
  return unary(AuditService.method.listDenials, { roles: grantReaders }, async (asked, ctx) => {
    const { principal, caller, kind, since, until, pageToken: after } = asked
    const view = needs.tenantOf(ctx.caller, { named: asked.tenant })
    if (after !== '' && !uuid.test(after)) throw invalidField('page_token', 'known')
    if (needs.denials === undefined) {
      const text = 'This server keeps no decision journal in a file: look where its decisions are sent.'
      throw new AppError('FAILED_PRECONDITION', text, { setting: 'VOUCHSAFE_JOURNAL' })
    }
    const filter = {
      tenant: view.id,
      ...(principal !== '' && { principal }),
      ...(caller !== '' && { caller }),
      ...(kind !== '' && { kind }),
      ...(since && { since: millisecondsOf(since) }),
      ...(until && { until: millisecondsOf(until) }),
    }
    const size = Math.min(asked.pageSize || defaultSize, largestSize)
    const page = await needs.denials(filter, size, after === '' ? undefined : after)
    const { id: tenant, epoch, revision, chain } = view
    return create(ListDenialsResponseSchema, {
      denials: page.denials.map(denialOf),
      nextPageToken: page.next ?? '',
      complete: page.complete,
      journal: 'the decision journal of this server',
      revision: encodeRevision({ tenant, epoch, revision, chain }),
    })
  })
}

function denialOf(line: DeniedLine) {
  const { decision_id, at, kind, caller, principal, question, result, data_revision, bundle_revision } = line
  return create(DenialSchema, {
    decisionId: decision_id,
    at: timestampOf(Date.parse(at)),
    kind: kind ?? 'DeniedEntitlement',
    caller,
    principal,
    question,
    reasons: result.reasons.map(({ code }) => code),
    dataRevision: data_revision,
    bundleRevision: bundle_revision,
  })
}
