import {
  createPlan,
  createPlanVersion,
  getPlan,
  getPlanVersion,
  listPlans,
  listPlanVersions,
  publishPlanVersion,
  retirePlanVersion,
  updatePlan,
  updatePlanVersion,
} from '#admin/plan-versions.ts'
import { PlanService } from '#gen/vouchsafe/admin/v1/plan_service_pb.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { adminRpcs, fieldsOf, given } from './serve.ts'

export function planRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { method } = PlanService
  const { read, write } = adminRpcs(needs)
  return [
    write(
      method.createPlan,
      createPlan,
      (asked) => given(asked.plan, 'plan'),
      (plan) => ({ plan }),
    ),
    read(
      method.getPlan,
      getPlan,
      (asked) => asked.plan,
      (plan) => ({ plan }),
    ),
    read(
      method.listPlans,
      listPlans,
      (asked) => asked,
      ({ items, next_page_token }) => ({ plans: items, next_page_token }),
    ),
    write(
      method.updatePlan,
      updatePlan,
      (asked) => ({ document: given(asked.plan, 'plan'), fields: fieldsOf(asked.update_mask) }),
      (plan) => ({ plan }),
    ),
    write(
      method.createPlanVersion,
      createPlanVersion,
      (asked) => asked,
      (done) => done,
    ),
    write(
      method.updatePlanVersion,
      updatePlanVersion,
      (asked) => asked,
      (done) => done,
    ),
    write(
      method.publishPlanVersion,
      publishPlanVersion,
      (asked) => asked,
      (done) => done,
    ),
    write(
      method.retirePlanVersion,
      retirePlanVersion,
      (asked) => asked,
      (done) => done,
    ),
    read(
      method.getPlanVersion,
      getPlanVersion,
      (asked) => asked.version,
      (done) => done,
    ),
    read(
      method.listPlanVersions,
      listPlanVersions,
      (asked) => asked,
      ({ items, next_page_token }) => ({ versions: items, next_page_token }),
    ),
  ]
}
