import { create } from '@bufbuild/protobuf'
import type { PoolShrink } from '#admin/pool-shrink.ts'
import { encodeRevision } from '#core/revision.ts'
import {
  GrantEntitlementResponseSchema,
  GrantService,
  ListGrantsResponseSchema,
  RevokeEntitlementResponseSchema,
} from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { PoolShrinkSchema } from '#gen/vouchsafe/admin/v1/pool_shrink_pb.ts'
import { PreviewSchema } from '#gen/vouchsafe/admin/v1/preview_pb.ts'
import { messageOf } from './admin/document.ts'
import { byOf } from './by.ts'
import { grantInputOf, listInputOf, revokeInputOf } from './grant-input.ts'
import { grantMessageOf } from './grant-message.ts'
import { limits } from './limits.ts'
import type { RpcNeeds } from './needs.ts'
import { delegateReaders, delegators, granters } from './roles.ts'
import { type Rpc, unary } from './rpc.ts'

/** Workers must not grant (S000-16): they are refused here, whatever other role they have. */
const changing = {
  roles: delegators,
  refused: ['worker'],
  longestMs: limits.changeDeadlineMs,
} as const

export function grantRpcs(needs: RpcNeeds): readonly Rpc[] {
  const method = GrantService.method
  return [
    unary(method.grantEntitlement, changing, async (request, ctx) => {
      const done = await needs.grants.grant(byOf(needs, ctx, request.tenant, granters), grantInputOf(request))
      return create(GrantEntitlementResponseSchema, {
        grant: grantMessageOf(done.grant),
        changed: done.changed,
        shrunkPools: done.shrunk.map(shrinkOf),
        revision: encodeRevision(done.revision),
        ...(done.preview && { preview: messageOf(PreviewSchema, done.preview) }),
      })
    }),
    unary(method.revokeEntitlement, changing, async (request, ctx) => {
      const done = await needs.grants.revoke(
        byOf(needs, ctx, request.tenant, granters),
        revokeInputOf(request),
      )
      return create(RevokeEntitlementResponseSchema, {
        revoked: done.revoked.map(grantMessageOf),
        shrunkPools: done.shrunk.map(shrinkOf),
        revision: encodeRevision(done.revision),
        ...(done.preview && { preview: messageOf(PreviewSchema, done.preview) }),
      })
    }),
    unary(method.listGrants, { roles: delegateReaders }, async (request, ctx) => {
      const page = await needs.grants.list(byOf(needs, ctx, request.tenant), listInputOf(request))
      return create(ListGrantsResponseSchema, {
        grants: page.grants.map(grantMessageOf),
        nextPageToken: page.next_page_token,
        revision: encodeRevision(page.revision),
      })
    }),
  ]
}

function shrinkOf(shrink: PoolShrink) {
  return create(PoolShrinkSchema, { ...shrink, capacity: Math.min(shrink.capacity, 2 ** 32 - 1) })
}
