import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Role } from '#core/tenant-view.ts'
import { parseTraceparent } from '#observe/traceparent.ts'
import { authorize } from '#rpc/authorize.ts'
import { cappedDeadline, withinDeadline } from '#rpc/deadline.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { incomingRequest } from './incoming-request.ts'
import { entitlementRows } from './subject-entitlements.ts'
import { subjectName } from './subject-name.ts'
import { subjectSummary } from './subject-summary.ts'

export type SubjectNeeds = Pick<
  RpcNeeds,
  'verbs' | 'authenticate' | 'principalOfName' | 'tenantOf' | 'now' | 'decisionNow' | 'metrics'
>
type Route = { Params: { id: string }; Querystring: { tenant?: string } }

/** For services of ours only: no gateway, and nobody's own browser. */
const internal: readonly Role[] = ['operator', 'tenant_admin', 'service', 'worker', 'auditor']

/** Read-only views of one subject (S002-37, S002-38), answered by the same verb as ListEntitlements. */
export function addSubjectRoutes(app: FastifyInstance, needs: SubjectNeeds): void {
  app.get<Route>('/v1/subjects/:id/entitlements', async (request) => {
    const { view, principal, list, now } = await holdings(needs, request, 'SubjectEntitlements')
    needs.metrics.request('http', 'SubjectEntitlements', 'OK')
    const subject = principal.subject ?? ''
    return { subject_id: principal.id, entitlements: entitlementRows(view, subject, list.entitlements, now) }
  })
  app.get<Route>('/v1/subjects/:id/summary', async (request) => {
    const { list } = await holdings(needs, request, 'SubjectSummary')
    needs.metrics.request('http', 'SubjectSummary', 'OK')
    return subjectSummary(
      list.entitlements.map(({ key }) => key),
      list.tier,
    )
  })
}

/** What a subject holds, as the verb lists it, for those who may ask here. */
export async function holdings(needs: SubjectNeeds, request: FastifyRequest<Route>, verb: string) {
  const now = needs.now()
  const call = incomingRequest(request, now)
  const caller = await needs.authenticate(call.credentials())
  authorize(caller, { roles: internal })
  const view = needs.tenantOf(caller, { named: String(request.query.tenant ?? '') })
  const principal = needs.principalOfName(subjectName(view, request.params.id), view)
  const trace_id = parseTraceparent(call.header('traceparent') ?? '')?.traceId
  const asker = { caller, principal, door: call.door, verb, ...(trace_id !== undefined && { trace_id }) }
  const work = needs.verbs.listEntitlements(asker, { attributes: {} })
  const list = await withinDeadline(work, cappedDeadline(call.deadline, now), now)
  return { view, principal, list, now: needs.decisionNow() }
}
