import type { FastifyInstance } from 'fastify'
import { SubjectService } from '#gen/vouchsafe/admin/v1/subject_service_pb.ts'
import { isoOf } from './iso.ts'
import { type Rest, writeFields } from './rest.ts'
import { entitlementRows } from './subject-entitlements.ts'
import { subjectName } from './subject-name.ts'
import { holdings, type SubjectNeeds } from './subject-routes.ts'

type Route = { Params: { id: string }; Querystring: { tenant?: string } }

/** For support: brings a subject in line with its subscriptions and shows what it then has (S002-39). */
export function addReconcileRoutes(app: FastifyInstance, rest: Rest, needs: SubjectNeeds): void {
  app.post<Route>('/internal/reconcile/subject/:id', async (request) => {
    const done = await rest.call(request, SubjectService.method.reconcileSubject, (tenant) => ({
      subject: subjectName(tenant(), request.params.id).id,
      reason: 'asked for over the internal route',
      ...writeFields(request),
    }))
    const { view, principal, list, now } = await holdings(needs, request, 'ReconcileSubject')
    return {
      subject_id: principal.id,
      reconciled_at: isoOf(done.reconciledAt),
      changed: done.changed,
      billing_asked: done.billingAsked,
      entitlements: entitlementRows(view, principal.subject ?? '', list.entitlements, now),
      revision: done.revision,
    }
  })
}
