import { create } from '@bufbuild/protobuf'
import type { By } from '#admin/grant-types.ts'
import { encodeRevision } from '#core/revision.ts'
import {
  GrantEntitlementResponseSchema,
  GrantService,
  ListGrantsResponseSchema,
  RevokeEntitlementResponseSchema,
} from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import type { CallContext } from './call.ts'
import { grantInputOf, listInputOf, revokeInputOf } from './grant-input.ts'
import { grantMessageOf } from './grant-message.ts'
import type { RpcNeeds } from './needs.ts'
import { granters, grantReaders } from './roles.ts'
import { type Rpc, unary } from './rpc.ts'

/** Workers must not grant (S000-16): they are refused here, whatever other role they have. */
const changing = { roles: granters, refused: ['worker'] } as const

export function grantRpcs(needs: RpcNeeds): readonly Rpc[] {
  const method = GrantService.method
  return [
    unary(method.grantEntitlement, changing, async (request, ctx) => {
      const done = await needs.grants.grant(byOf(needs, ctx, request.tenant), grantInputOf(request))
      return create(GrantEntitlementResponseSchema, {
        grant: grantMessageOf(done.grant),
        changed: done.changed,
        revision: encodeRevision(done.revision),
      })
    }),
    unary(method.revokeEntitlement, changing, async (request, ctx) => {
      const done = await needs.grants.revoke(byOf(needs, ctx, request.tenant), revokeInputOf(request))
      return create(RevokeEntitlementResponseSchema, {
        revoked: done.revoked.map(grantMessageOf),
        revision: encodeRevision(done.revision),
      })
    }),
    unary(method.listGrants, { roles: grantReaders }, async (request, ctx) => {
      const page = await needs.grants.list(byOf(needs, ctx, request.tenant), listInputOf(request))
      return create(ListGrantsResponseSchema, {
        grants: page.grants.map(grantMessageOf),
        nextPageToken: page.next_page_token,
        revision: encodeRevision(page.revision),
      })
    }),
  ]
}

function byOf(needs: RpcNeeds, { caller, trace_id: cause }: CallContext, named: string): By {
  const tenant = needs.tenantOf(caller, { named }).id
  return { tenant, actor: caller.id, ...(cause && { cause }) }
}
