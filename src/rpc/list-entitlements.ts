import { create } from '@bufbuild/protobuf'
import {
  DecisionService,
  EntitlementSchema,
  ListEntitlementsResponseSchema,
} from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { reasonOf } from './check-response.ts'
import { freshAsker } from './fresh-asker.ts'
import type { RpcNeeds } from './needs.ts'
import { contextOf } from './question.ts'
import { askers } from './roles.ts'
import { unary } from './rpc.ts'
import { timestampOf, wireValueOf } from './wire-values.ts'

export function listEntitlementsRpc(needs: RpcNeeds) {
  return unary(DecisionService.method.listEntitlements, { roles: askers }, async (request, ctx) => {
    const context = contextOf(request.context)
    const fresh = await freshAsker(needs, request, ctx)
    const list = await needs.verbs.listEntitlements(fresh, context)
    return create(ListEntitlementsResponseSchema, {
      entitlements: list.entitlements.map((held) =>
        create(EntitlementSchema, {
          key: held.key,
          kind: held.kind,
          ...(held.value !== undefined && { value: wireValueOf(held.value) }),
          ...(held.expires_at !== undefined && { expiresAt: timestampOf(held.expires_at) }),
          reasons: held.reasons.map(reasonOf),
        }),
      ),
      tier: list.tier ?? '',
      subjectId: list.subject_id ?? '',
      dataRevision: list.data_revision,
      bundleRevision: list.bundle_revision,
    })
  })
}
