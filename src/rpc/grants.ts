import { create } from '@bufbuild/protobuf'
import { encodeRevision } from '#core/revision.ts'
import {
  GrantEntitlementResponseSchema,
  GrantService,
  ListGrantsResponseSchema,
  RevokeEntitlementResponseSchema,
} from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import { PreviewSchema } from '#gen/vouchsafe/admin/v1/preview_pb.ts'
import { messageOf } from './admin/document.ts'
import { byOf } from './by.ts'
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
        ...(done.preview && { preview: messageOf(PreviewSchema, done.preview) }),
      })
    }),
    unary(method.revokeEntitlement, changing, async (request, ctx) => {
      const done = await needs.grants.revoke(byOf(needs, ctx, request.tenant), revokeInputOf(request))
      return create(RevokeEntitlementResponseSchema, {
        revoked: done.revoked.map(grantMessageOf),
        revision: encodeRevision(done.revision),
        ...(done.preview && { preview: messageOf(PreviewSchema, done.preview) }),
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
