import { create } from '@bufbuild/protobuf'
import { isEntitlementKey } from '#core/entitlement.ts'
import type { ResourceKind } from '#decide/verbs.ts'
import { DecisionService, FilterResourcesResponseSchema } from '#gen/vouchsafe/v1/decision_service_pb.ts'
import { freshAsker } from './fresh-asker.ts'
import { invalidField } from './invalid-field.ts'
import type { RpcNeeds } from './needs.ts'
import { contextOf } from './question.ts'
import { askers } from './roles.ts'
import { unary } from './rpc.ts'

const defaultSurface = 'use'

export function filterResourcesRpc(needs: RpcNeeds) {
  return unary(DecisionService.method.filterResources, { roles: askers }, async (request, ctx) => {
    const surface = request.entitlement === '' ? defaultSurface : request.entitlement
    if (!isEntitlementKey(surface)) throw invalidField('entitlement', 'string.pattern')
    const context = contextOf(request.context)
    const fresh = await freshAsker(needs, request, ctx)
    const kind = request.kind as ResourceKind
    const visible = await needs.verbs.filterResources(fresh, kind, request.ids, surface, context)
    return create(FilterResourcesResponseSchema, {
      ids: [...visible.ids],
      dataRevision: visible.data_revision,
      bundleRevision: visible.bundle_revision,
    })
  })
}
