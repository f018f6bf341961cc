import {
  createEntitlement,
  getEntitlement,
  listEntitlements,
  updateEntitlement,
} from '#admin/entitlements.ts'
import { EntitlementService } from '#gen/vouchsafe/admin/v1/entitlement_service_pb.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import type { Rpc } from '#rpc/rpc.ts'
import { adminRpcs, fieldsOf, given } from './serve.ts'

export function entitlementRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { method } = EntitlementService
  const { read, write } = adminRpcs(needs)
  return [
    write(
      method.createEntitlement,
      createEntitlement,
      (asked) => given(asked.entitlement, 'entitlement'),
      (entitlement) => ({ entitlement }),
    ),
    read(
      method.getEntitlement,
      getEntitlement,
      (asked) => asked.entitlement,
      (entitlement) => ({ entitlement }),
    ),
    read(
      method.listEntitlements,
      listEntitlements,
      (asked) => asked,
      ({ items, next_page_token }) => ({ entitlements: items, next_page_token }),
    ),
    write(
      method.updateEntitlement,
      updateEntitlement,
      (asked) => ({ document: given(asked.entitlement, 'entitlement'), fields: fieldsOf(asked.update_mask) }),
      (entitlement) => ({ entitlement }),
    ),
  ]
}
