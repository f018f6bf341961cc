import { create } from '@bufbuild/protobuf'
import type { Caller } from '#core/tenant-view.ts'
import {
  type GrantEntitlementRequest,
  GrantEntitlementResponseSchema,
  GrantService,
  ListGrantsResponseSchema,
  type RevokeEntitlementRequest,
  RevokeEntitlementResponseSchema,
} from '#gen/vouchsafe/admin/v1/grant_service_pb.ts'
import type { Changer, GrantOrder, RevokeOrder } from './grant-commands.ts'
import { effectOf, grantMessageOf, holderOf, targetOf } from './grant-message.ts'
import { grantValueOf } from './grant-value.ts'
import { invalidField } from './invalid-field.ts'
import type { RpcNeeds } from './needs.ts'
import { granters, grantReaders } from './roles.ts'
import { type Rpc, unary } from './rpc.ts'
import { millisecondsOf } from './wire-values.ts'

const changing = { roles: granters, refused: ['worker'] } as const
const defaultPage = 50
const maxPage = 1000

/** Workers must not grant (S000-16): they are refused here, whatever other role they have. */
export function grantRpcs(needs: RpcNeeds): readonly Rpc[] {
  const method = GrantService.method
  return [
    unary(method.grantEntitlement, changing, async (request, { caller }) => {
      const done = await needs.grants.grant(changerOf(needs, caller, request), orderOf(request))
      return create(GrantEntitlementResponseSchema, { ...done, grant: grantMessageOf(done.grant) })
    }),
    unary(method.revokeEntitlement, changing, async (request, { caller }) => {
      const done = await needs.grants.revoke(changerOf(needs, caller, request), revokeOrderOf(request))
      return create(RevokeEntitlementResponseSchema, {
        revoked: done.revoked.map(grantMessageOf),
        revision: done.revision,
      })
    }),
    unary(method.listGrants, { roles: grantReaders }, async (request, { caller }) => {
      const page = await needs.grants.list(changerOf(needs, caller, request), {
        holder: holderOf(request.holder),
        include_ended: request.includeEnded,
        page_size: request.pageSize === 0 ? defaultPage : Math.min(request.pageSize, maxPage),
        page_token: request.pageToken,
      })
      return create(ListGrantsResponseSchema, {
        grants: page.grants.map(grantMessageOf),
        nextPageToken: page.next_page_token,
        revision: page.revision,
      })
    }),
  ]
}

function changerOf(
  needs: RpcNeeds,
  caller: Caller,
  request: { readonly tenant: string; readonly requestId?: string },
): Changer {
  const tenant = needs.tenantOf(caller, { named: request.tenant }).id
  return { caller, tenant, ...(request.requestId ? { request_id: request.requestId } : {}) }
}

function orderOf(request: GrantEntitlementRequest): GrantOrder {
  const { startsAt, endsAt, value } = request
  const starts = startsAt && millisecondsOf(startsAt)
  const ends = endsAt && millisecondsOf(endsAt)
  if (starts !== undefined && ends !== undefined && ends <= starts) throw invalidField('ends_at', 'window')
  return {
    holder: holderOf(request.holder),
    target: targetOf(request.target),
    effect: effectOf(request.effect),
    ...(request.module !== '' && { module: request.module }),
    ...(request.scopeOrganization !== '' && { scope_organization: request.scopeOrganization }),
    ...(value && { value: grantValueOf(value) }),
    ...(starts !== undefined && { starts_at: starts }),
    ...(ends !== undefined && { ends_at: ends }),
    source: request.source === '' ? 'admin' : request.source,
    source_ref: request.sourceRef,
    reason: request.reason,
    access: request.access === 'read_only' ? 'read_only' : 'full',
    ...(request.pool !== '' && { pool: request.pool }),
    ...(request.quantity !== 0 && { quantity: request.quantity }),
  }
}

function revokeOrderOf(request: RevokeEntitlementRequest): RevokeOrder {
  const source = request.source === '' ? 'admin' : request.source
  const named = request.holder !== undefined || request.target !== undefined
  if (request.grantId !== '') {
    if (named) throw invalidField('grant_id', 'alone')
    return { what: { kind: 'grant', id: request.grantId }, source, reason: request.reason }
  }
  const what = {
    kind: 'target',
    holder: holderOf(request.holder),
    target: targetOf(request.target),
  } as const
  return { what, source, reason: request.reason }
}
