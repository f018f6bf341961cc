import { reconcileSubject } from '#admin/reconcile-subject.ts'
import { encodeRevision } from '#core/revision.ts'
import { SubjectService } from '#gen/vouchsafe/admin/v1/subject_service_pb.ts'
import { byOf } from '#rpc/by.ts'
import { limits } from '#rpc/limits.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { granters } from '#rpc/roles.ts'
import { unary } from '#rpc/rpc.ts'
import { documentOf, messageOf } from './document.ts'

/** Stripe is asked before, outside of the transaction that notes it; a repeat asks again and gets the first answer. */
export function reconcileSubjectRpc({ stripe, admin, tenantOf }: RpcNeeds) {
  const { reconcileSubject: method } = SubjectService.method
  const access = { roles: granters, refused: ['worker'], longestMs: limits.changeDeadlineMs } as const
  return unary(method, access, async (message, ctx) => {
    const { tenant, reason, request_id, subject } = documentOf(method.input, message)
    const by = byOf({ tenantOf }, ctx, tenant, granters)
    const billing = await stripe.syncHolder(by, subject)
    const request = { action: method.name, reason, request_id, input: { subject } }
    const done = await admin.write(by, request, reconcileSubject(billing))
    return messageOf(method.output, { ...done.result, revision: encodeRevision(done.revision) })
  })
}
